"""Functions as trainables: by their return value, by `tune.report`, or by a returned generator."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from typing import Any

import msgspec

from tunesmith._trainable import checkpoint
from tunesmith._trainable.checkpoint import Offer
from tunesmith._trainable.fork import end_child
from tunesmith._trainable.generator import GeneratorTrainable, save_offer
from tunesmith._trainable.runner import Runner
from tunesmith._trainable.session import Progress, Session, TrialStopped, enter, leave
from tunesmith.errors import TrialError
from tunesmith.protocols.result import Metrics
from tunesmith.protocols.trainable import Trainable
from tunesmith.protocols.trial import Config

GRACE_S = 60.0
"""How long a stopped function may take to unwind before it is left to itself."""

INTERRUPTED_GRACE_S = 1.0
"""The same for one that is closed while it is training, e.g. at Ctrl-C."""


class FunctionTrainable:
    """Runs a function in a thread of its own, from one `tune.report` to the next."""

    def __init__(self, function: Callable[[Config], Any], session: Session, runner: Runner) -> None:
        self._function = function
        self._session = session
        self._runner = runner
        self._lock = threading.Lock()
        self._metrics: Metrics | None = None
        self._error: BaseException | None = None
        self._rest: Trainable | None = None
        self._over = False
        self._closing = False
        self.reported = False
        session.channel = self._report
        runner.start(self._run)

    @property
    def saves(self) -> bool:
        """Whether the last report came with a checkpoint."""
        return self._session.progress.offer is not None

    @property
    def ending(self) -> bool:
        """Whether the function has returned."""
        if not self._over or self._error is not None:
            return False
        return self._rest is None or self._rest.ending

    def step(self) -> Metrics | None:
        """Run the function up to its next report; a value that it returns is its last report."""
        if not self._over:
            self._runner.resume()
        if self._error is not None:
            raise self._error
        if self._rest is not None:
            return self._rest.step()
        metrics, self._metrics = self._metrics, None
        return metrics

    def save(self, directory: str) -> bool:
        """Write the checkpoint that came with the last report."""
        return save_offer(self._session, directory)

    def close(self) -> None:
        """Unwind the function from the report where it stands; its `finally` blocks run."""
        if self._rest is not None:
            self._rest.close()
        if not self._over:
            self._unwind()
        if self._closing and self._error is not None:
            raise self._error

    def _unwind(self) -> None:
        self._closing = True
        grace = INTERRUPTED_GRACE_S if self._runner.lent else GRACE_S
        while not self._over:
            if not self._runner.resume(grace):
                self._runner.retire()
                return

    def _run(self) -> None:
        token = enter(self._session)
        try:
            if not self._closing:
                self._take(self._function(self._session.assignment.config))
        except TrialStopped as stop:
            self._error = None if self._closing else stop
        except BaseException as error:  # noqa: BLE001 (raised again where the trial is driven)
            self._error = error
        finally:
            leave(token)
            end_child(self._session.home, self._error)
            # Waits for a helper thread that is within a report, so that one side has control.
            with self._lock:
                self._over = True

    def _take(self, value: Any) -> None:
        if not self._closing:
            self._metrics, self._rest = conclude(value, self._session)

    def _report(self, metrics: Any, offer: Offer | None) -> None:
        with self._lock:
            self._check()
            self._metrics = self._session.record(metrics, offer)
            self.reported = True
            self._runner.give()
        self._check()

    def _check(self) -> None:
        if self._closing or self._over:
            raise TrialStopped(self._session.verdict)


class DirectTrainable:
    """Runs a function in the caller's thread: for functions that have only returned so far.

    That spares a switch of threads per trial. Should the function report by a call after all, it
    runs ahead to its end, and its reports are handed out one by one.
    """

    def __init__(self, function: Callable[[Config], Any], session: Session) -> None:
        self._function = function
        self._session = session
        self._queue: list[tuple[Metrics, Progress]] = []
        self._error: BaseException | None = None
        self._rest: Trainable | None = None
        self._ran = False
        self.reported = False
        session.channel = self._report

    @property
    def saves(self) -> bool:
        """Whether the last report came with a checkpoint."""
        return self._session.progress.offer is not None

    @property
    def ending(self) -> bool:
        """Whether the function has returned and every report was handed out."""
        if not self._ran or self._queue or self._error is not None:
            return False
        return self._rest is None or self._rest.ending

    def step(self) -> Metrics | None:
        """Run the function, at the first call; return its next report."""
        metrics = None if self._ran else self._run()
        if self._queue:
            metrics, self._session.progress = self._queue.pop(0)
            return metrics
        if self._error is not None:
            raise self._error
        if self._rest is not None:
            return self._rest.step()
        return metrics

    def save(self, directory: str) -> bool:
        """Write the checkpoint that came with the last report."""
        return save_offer(self._session, directory)

    def close(self) -> None:
        """End the generator that the function returned, if it did."""
        if self._rest is not None:
            self._rest.close()

    def _run(self) -> Metrics | None:
        self._ran = True
        token = enter(self._session)
        try:
            value = self._function(self._session.assignment.config)
            metrics, self._rest = conclude(value, self._session)
        except BaseException as error:
            if not self.reported or isinstance(error, KeyboardInterrupt):
                raise
            self._error = error
            return None
        finally:
            leave(token)
        if self._queue and metrics is not None:
            self._queue.append((metrics, self._session.progress))
        return metrics

    def _report(self, metrics: Any, offer: Offer | None) -> None:
        flat = self._session.record(metrics, offer)
        progress = self._session.progress
        if progress.offer is not None:
            progress = self._kept(progress, progress.offer)
        self.reported = True
        self._queue.append((flat, progress))
        if self._session.stopping is not None:
            raise TrialStopped(self._session.verdict)

    def _kept(self, progress: Progress, offer: Offer) -> Progress:
        """Set an offered checkpoint aside as it is now: the function is about to train on."""
        kept = self._session.scratch(f"report-{progress.iteration}")
        checkpoint.fill(kept, offer, self._session.folder)
        return msgspec.structs.replace(progress, offer=kept)


_METRICS = (dict, float, int)


def conclude(value: Any, session: Session) -> tuple[Metrics | None, Trainable | None]:
    """Return what a function's return value means: a last report, or a generator to go on with.

    Raises:
        TrialError: It is neither.
    """
    if value is None:
        return None, None
    if isinstance(value, _METRICS):  # finding out what else it could be takes longer than this
        return session.record(value), None
    if inspect.isgenerator(value):
        session.channel = None
        return None, GeneratorTrainable(value, session)
    if inspect.isawaitable(value) or inspect.isasyncgen(value):
        if inspect.iscoroutine(value):
            value.close()
        raise TrialError(
            f"training code returned {type(value).__name__}: expected metrics. Asynchronous code "
            "is not awaited here: call asyncio.run(...) inside the training function"
        )
    return session.record(value), None
