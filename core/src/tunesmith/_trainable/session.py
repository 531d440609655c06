"""The session: one attempt at one trial, as seen from inside its training code."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Container, Mapping
from contextvars import ContextVar, Token
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import msgspec

from tunesmith._trainable.checkpoint import CheckpointPolicy, Offer, SavedCheckpoint
from tunesmith._trainable.metrics import (
    COUNTERS,
    check_first,
    check_values,
    clean,
    measure,
    never_reported,
)
from tunesmith._trainable.options import Options
from tunesmith._trainable.timing import TimeMetric
from tunesmith.errors import TrialError, UsageError
from tunesmith.protocols.commands import Stop
from tunesmith.protocols.resources import Resources
from tunesmith.protocols.result import Metrics
from tunesmith.protocols.trial import Config

_READING = "checkpoint = tune.get_checkpoint() and go on from it if it is not None"

_logger = logging.getLogger("tunesmith")


class TrialStopped(BaseException):
    """Unwinds training code whose trial was stopped; not an Exception, lest it be swallowed."""


@dataclass(frozen=True)
class Report(Options):
    """Metrics to report together with a checkpoint: a dict, or the path of a directory or file.

    What a generator may yield, and what any training code may return.
    """

    metrics: Mapping[str, Any]
    checkpoint: Offer | None = None


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt is about; `folder` is the run folder, absolute.

    A bare number that is reported counts as metric `objective`. What is `required` has to be
    reported: metrics, each with the option that names it.
    """

    trial: str
    attempt: int
    config: Config
    folder: str
    experiment: str = ""
    resources: Resources | None = None
    resource: str = "training_iteration"
    objective: str = ""
    required: Mapping[str, str] = {}
    policy: CheckpointPolicy = CheckpointPolicy()


class Progress(msgspec.Struct, frozen=True, gc=False):
    """How far an attempt has come with one report, and the checkpoint that came with it."""

    iteration: int = 0
    resource: float = 0.0
    elapsed_s: float = 0.0
    offer: Offer | None = None


class Session:
    """Counts and checks what training code reports; answers what it asks.

    `until` is the resource at which the trial will wait. `channel` takes the reports of code that
    reports by a call; None where it yields or returns them. With `time`, training time is what the
    trial reports it to be, and the clock follows it.
    """

    def __init__(
        self,
        assignment: Assignment,
        clock: Callable[[], float],
        *,
        checkpoint: SavedCheckpoint | None = None,
        progress: Progress | None = None,
        time: TimeMetric | None = None,
    ) -> None:
        self.assignment = assignment
        self.checkpoint = checkpoint
        self.progress = progress or Progress()
        self.until = float("inf")
        self.stopping: Stop | None = None
        self.closed = False
        self.channel: Callable[[Any, Offer | None], None] | None = None
        self.home = os.getpid()
        # A trial that goes on from a checkpoint is past its first report.
        self._missing = {} if checkpoint else _without(assignment.required, COUNTERS)
        self._is_unread = checkpoint is not None
        self._seen: dict[str, None] = {}
        self._clock = clock
        self._time = time
        self._stride = 1.0
        self._since = perf_counter()
        _active.add(self)

    def close(self) -> None:
        """Forget the session: nothing can be reported through it any more."""
        _active.discard(self)
        self.closed = True

    def start_clock(self) -> None:
        """Count time as training time from now on."""
        self._since = perf_counter()

    def read_checkpoint(self) -> SavedCheckpoint | None:
        """Return what training code goes on from, if there is something."""
        self._is_unread = False
        return self.checkpoint

    def record(self, value: Any, offer: Offer | None = None) -> Metrics:
        """Return one report's metrics, flat and with the counters, and count it.

        `training_iteration` stays as training code reports it, if it does; `time_total_s` and
        `timestamp` are always set here.

        Raises:
            TrialError: It is no report, or a fork's that has not read its checkpoint; nothing was
                counted.
        """
        if self._is_unread:
            self._begin_anew()
        if isinstance(value, Report):
            value, offer = value.metrics, value.checkpoint
        before = self.progress
        # An ordinary dict is told without asking the abstract class, which is slow.
        is_mapping = type(value) is dict or isinstance(value, Mapping)
        metrics = clean(value if is_mapping else {self._objective(value): value})
        iteration = before.iteration + 1
        metrics.setdefault("training_iteration", iteration)
        if self._missing:
            self._look_for_missing(metrics, is_first=before.iteration == 0)
        check_values(metrics, self.assignment.required)
        resource = measure(metrics, self.assignment.resource, before.resource)
        elapsed_s, timestamp = self._timing(metrics, before.elapsed_s)
        self._stride = resource - before.resource
        self.progress = Progress(iteration, resource, elapsed_s, offer)
        metrics["time_total_s"] = elapsed_s
        metrics["timestamp"] = timestamp
        return metrics

    def _timing(self, metrics: Metrics, before: float) -> tuple[float, float]:
        """Return the seconds trained so far, and the clock's time."""
        if self._time is not None:
            elapsed_s = self._time.read(metrics, before)
            return elapsed_s, self._time.at(elapsed_s)
        now = perf_counter()
        elapsed_s = before + now - self._since
        self._since = now
        return elapsed_s, self._clock()

    def _begin_anew(self) -> None:
        """Count from zero: training code has not read the checkpoint that it was to go on from."""
        if self.checkpoint is not None:
            source, trial = self.checkpoint.metadata()["trial"], self.assignment.trial
            if source != trial:
                raise TrialError(
                    f"trial {trial} was to go on from a checkpoint of trial {source}, and training "
                    f"code did not read it before its first report: expected {_READING}"
                )
            _logger.warning(
                "training code saves checkpoints and does not read them before its first report: "
                "trial %s begins anew. To have it go on, call %s",
                trial,
                _READING,
            )
        self.progress, self.checkpoint = Progress(), None
        self._missing = _without(self.assignment.required, COUNTERS)
        self._is_unread = False

    def report(self, metrics: Any, checkpoint: Offer | None) -> None:
        """Pass a report on; returns when training shall go on."""
        if os.getpid() != self.home:
            raise UsageError(
                "tune.report() was called in a process that training code forked: report in the "
                "process that runs the trial, and hand it the values through a pipe or a queue"
            )
        if self.channel is None:
            raise UsageError(
                "tune.report() was called by training code that reports in another way: "
                "yield the metrics where it is a generator, return them from step() where it is "
                "a class"
            )
        self.channel(metrics, checkpoint)

    def check_end(self) -> None:
        """Refuse an end of training before every objective was reported.

        Raises:
            TrialError: naming those that were not, and what was reported.
        """
        if self._missing and self._seen:
            raise never_reported(self._missing, self._seen)

    def should_checkpoint(self) -> bool:
        """Tell whether the policy wants a checkpoint with the next report."""
        policy, progress = self.assignment.policy, self.progress
        if policy.every is not None and (progress.iteration + 1) % policy.every == 0:
            return True
        return policy.at_decision and progress.resource + self._stride >= self.until

    @property
    def verdict(self) -> str:
        """Why training code is being unwound."""
        return self.stopping.reason if self.stopping is not None else "the trial is over"

    @property
    def folder(self) -> str:
        """The trial's folder, which may not exist yet."""
        return os.path.join(self.assignment.folder, "trials", self.assignment.trial)

    def scratch(self, name: str) -> str:
        """Return an existing folder for files on their way into a checkpoint."""
        folder = os.path.join(self.folder, "scratch", name)
        os.makedirs(folder, exist_ok=True)
        return folder

    def _look_for_missing(self, metrics: Metrics, *, is_first: bool) -> None:
        self._missing = _without(self._missing, metrics)
        if not self._missing:
            return
        if is_first:
            check_first(metrics, self._missing)
        self._seen |= dict.fromkeys(metrics)

    def _objective(self, value: Any) -> str:
        if not hasattr(value, "__float__") or isinstance(value, str):
            raise TrialError(
                f"training code reported {value!r:.80} of type {type(value).__name__}: expected a "
                'number, a dict of metrics such as {"loss": 0.1}, or tune.Report(...)'
            )
        if not self.assignment.objective:
            raise TrialError(
                f"training code reported the bare number {value!r} but no metric is named: "
                'report a dict such as {"loss": ...}'
            )
        return self.assignment.objective


def _without(required: Mapping[str, str], others: Container[str]) -> dict[str, str]:
    return {name: option for name, option in required.items() if name not in others}


_active: set[Session] = set()
_current: ContextVar[Session | None] = ContextVar("tunesmith_session", default=None)


def enter(session: Session) -> Token[Session | None]:
    """Make `session` the one that this thread's training code talks to."""
    return _current.set(session)


def leave(token: Token[Session | None]) -> None:
    """Undo `enter`."""
    _current.reset(token)


def current() -> Session | None:
    """Return the session of the calling training code; None outside a trial.

    A thread that training code started has no session of its own: it gets the only one that is
    active in this process.

    Raises:
        UsageError: Several trials are active and nothing tells which one is calling.
    """
    session = _current.get()
    if session is not None:
        return session
    if not _active:
        return None
    active = tuple(_active)
    if len(active) == 1:
        return active[0]
    trials = ", ".join(sorted(each.assignment.trial for each in active))
    raise UsageError(
        f"thread {threading.current_thread().name!r} was started by training code, and trials "
        f"{trials} are active in this process: expected a thread that belongs to one of them. "
        "Start it with contextvars.copy_context().run as its target, or report from the trial's "
        "own thread"
    )
