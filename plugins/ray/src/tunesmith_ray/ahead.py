"""What workers have trained in advance, kept from the engine until it asks for it.

Theory of operation. A trial that waits for a decision costs a call and back, in which its worker
would idle. Where steps are short the worker trains the trial on meanwhile, to its end if it can,
and marks what comes as `Ahead`. The driver keeps that behind the trial's `Gate`: a `Proceed` is
answered from there, without a call, and what a stopped trial did too much is thrown away. The
engine hears the same events in the same order as if the trial had stood still.
"""

import math
from collections import deque

import msgspec

from tunesmith.protocols import Checkpoint, Report
from tunesmith.protocols.commands import Proceed
from tunesmith.protocols.events import AnyEvent, CheckpointSaved, Reported, TrialEnded
from tunesmith_ray.codec import decoder

unpack = decoder(Report)
"""Returns a report that `Ahead` carries encoded: most of these are never looked at."""


class Ahead(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag=str):
    """Encoded reports of one attempt that nobody has asked for yet, each with its time.

    `then` comes behind them: the checkpoint of the next report, or the end of the attempt.
    """

    trial: str
    attempt: int
    times: tuple[float, ...] = ()
    reports: tuple[bytes, ...] = ()
    then: TrialEnded | CheckpointSaved | None = None


class Gate:
    """Lets through what the engine has asked for of one attempt, and keeps the rest.

    `over` says that the attempt has come to its end at the worker, `passed` that the engine has
    been told of it, `given_up` that the engine will ask for no more than it has.
    """

    def __init__(self) -> None:
        self.over = False
        self.passed = False
        self.given_up = False
        self._held: deque[tuple[float, bytes | TrialEnded | CheckpointSaved]] = deque()
        self._until: float | None = None  # None: the engine has not asked for anything
        self._told = 0.0  # the resource at which the trial waits, as far as the engine knows

    @property
    def lacks(self) -> float | None:
        """How far the worker has to train before the engine can hear more; None if it need not."""
        return None if self.over else self._until

    def stand(self, resource: float) -> None:
        """Take note that the engine hears of a report at which the trial waits for a decision."""
        self._until, self._told = None, resource

    def keep(self, ahead: Ahead) -> list[AnyEvent]:
        """Take in what was trained in advance; return what of it was asked for meanwhile."""
        self._held.extend(zip(ahead.times, ahead.reports, strict=True))
        if ahead.then is not None:
            self._held.append((ahead.then.at, ahead.then))
            self.over = isinstance(ahead.then, TrialEnded)
        return self._release(ahead.trial, ahead.attempt)

    def proceed(self, order: Proceed) -> list[AnyEvent]:
        """Return what is known up to the report at which the trial will wait."""
        # A trial goes on by one report at least, however far it has come.
        self._until = max(order.until, math.nextafter(self._told, math.inf))
        return self._release(order.trial, order.attempt)

    def give_up(self) -> list[Checkpoint]:
        """Forget what was not asked for; return checkpoints among it."""
        self.given_up = True
        saved = [item.checkpoint for _, item in self._held if isinstance(item, CheckpointSaved)]
        self._held.clear()
        return saved

    def _release(self, trial: str, attempt: int) -> list[AnyEvent]:
        told: list[AnyEvent] = []
        reports: list[Report] = []
        while self._held and self._until is not None:
            at, item = self._held.popleft()
            if not isinstance(item, bytes):
                told.append(item)
                self.passed = isinstance(item, TrialEnded)
                continue
            report = unpack(item)
            reports.append(report)
            waiting = report.resource >= self._until
            if waiting:
                self.stand(report.resource)
            if waiting or not self._held or not isinstance(self._held[0][1], bytes):
                told.append(
                    Reported(
                        at=at,
                        trial=trial,
                        attempt=attempt,
                        reports=tuple(reports),
                        waiting=waiting,
                    )
                )
                reports = []
        return told
