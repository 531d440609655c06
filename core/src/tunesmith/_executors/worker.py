"""The trial worker: drives training code command by command, in the process that holds it.

Order of events of one report: its checkpoint becomes durable, `CheckpointSaved`, `Reported`. A
crash between the two loses nothing: the checkpoint carries the report, and a launch from it yields
the report again unless it is known (`Launch.seen`).
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import msgspec

from tunesmith._executors.attempt import Attempt
from tunesmith._executors.capture import TrialLog
from tunesmith._executors.settings import WorkerSettings
from tunesmith._trainable import checkpoint as checkpoints
from tunesmith._trainable.checkpoint import SavedCheckpoint
from tunesmith._trainable.failure import describe, forget_frames, kind_of
from tunesmith._trainable.host import TrainableHost
from tunesmith._trainable.recovery import start_from
from tunesmith._trainable.session import Assignment, Progress, Session, TrialStopped
from tunesmith._trainable.timing import TimeMetric
from tunesmith.errors import TrialError, UsageError
from tunesmith.protocols.checkpoint import Checkpoint
from tunesmith.protocols.commands import (
    ExecutorCommand,
    Launch,
    Pause,
    Proceed,
    Stop,
)
from tunesmith.protocols.events import (
    AnyEvent,
    CheckpointSaved,
    ExecutorFailed,
    Outcome,
    Reported,
    TrialEnded,
    TrialPaused,
    TrialStarted,
)
from tunesmith.protocols.executor import TrialClock
from tunesmith.protocols.result import Report
from tunesmith.space.plain import copied

REMEMBERED = 256
"""Interrupts of attempts that have not arrived yet; older ones are forgotten."""


class Workers(msgspec.Struct, frozen=True):
    """Makes workers with these settings: the `WorkerFactory` that executors are given."""

    settings: WorkerSettings

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Return the objects that were bound with `with_parameters`."""
        return self.settings.trainable.parameters

    def with_references(
        self, references: Mapping[str, Any], fetch: Callable[[Any], Any]
    ) -> Workers:
        """Return a factory that carries `references` in place of the parameters of these names."""
        form = self.settings.trainable.with_references(references, fetch)
        return Workers(msgspec.structs.replace(self.settings, trainable=form))

    def timed(self, metric: str, clock: TrialClock) -> Workers:
        """Return a factory whose workers read training time from `metric`, and have this clock."""
        time = TimeMetric(metric, clock.at)
        return Workers(msgspec.structs.replace(self.settings, time=time, clock=clock.now))

    def __call__(self) -> Worker:
        """Return a new worker."""
        return Worker(self.settings)


class Worker:
    """Implements `TrialWorker` for every form of training code."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        self._place = f"{socket.gethostname()}:{os.getpid()}"
        self._log = TrialLog(sys.stdout) if settings.capture else None
        self._output: AbstractContextManager[None] = self._log or nullcontext()
        self._host: TrainableHost | None = None
        self._attempt: Attempt | None = None
        self._interrupts: dict[tuple[str, int], Stop] = {}

    @property
    def ending(self) -> bool:
        """Whether the events still to come need no further training."""
        return self._attempt is None or self._attempt.ending

    @property
    def saves(self) -> bool:
        """Whether the trial might be saved where it stands."""
        return self._attempt is not None and self._attempt.saves

    def handle(self, command: ExecutorCommand) -> Iterator[AnyEvent]:
        """Return the events of the command, which is carried out as they are taken."""
        if isinstance(command, Launch):
            return self._launch(command)
        attempt = self._attempt
        if attempt is None or not _same(attempt.launch, command):
            return iter(())
        stop = command if isinstance(command, Stop) else attempt.session.stopping
        if stop is not None:
            return self._end(attempt, stop.outcome, stop.reason)
        if isinstance(command, Proceed):
            attempt.session.until = command.until
            return self._train(attempt)
        return self._pause(attempt) if isinstance(command, Pause) else self._save(attempt)

    def interrupt(self, stop: Stop) -> None:
        """From any thread: have the attempt end with `stop.outcome` at its next report."""
        self._interrupts[stop.trial, stop.attempt] = stop
        held = self._attempt
        if held is not None and _same(held.launch, stop):
            held.session.stopping = stop
        if len(self._interrupts) > REMEMBERED:
            self._interrupts.pop(next(iter(self._interrupts)), None)

    def close(self) -> None:
        """Abandon whatever runs and release it; may be called again."""
        if self._attempt is not None:
            self._release(self._attempt, healthy=False)
        host, self._host = self._host, None
        try:
            if host is not None:
                host.close()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 (nobody is left to be told)
            forget_frames(error)

    def _launch(self, launch: Launch) -> Iterator[AnyEvent]:
        if self._attempt is not None:
            self._release(self._attempt, healthy=False)
        if self._log is not None:
            folder = os.path.join(self._settings.folder, "trials", launch.trial)
            self._log.switch(os.path.join(folder, "stdout.log"))
        note = ""
        try:
            if launch.checkpoint is not None:
                launch, note = _recovered(self._settings.folder, launch, launch.checkpoint)
        except (OSError, TrialError) as error:
            yield TrialStarted(**self._stamp(launch), worker=self._place)
            yield from self._fail(launch, error)
            return
        yield TrialStarted(**self._stamp(launch), worker=self._place, note=note)
        try:
            attempt = self._attempt = self._new(launch)
            stop = self._interrupts.pop((launch.trial, launch.attempt), None)
            if stop is None:
                attempt.open(self._warm)
            else:
                attempt.session.stopping = stop
            known = attempt.known_report()
        except KeyboardInterrupt:
            self._break(self._attempt)
            raise
        except BaseException as error:  # noqa: BLE001 (user code may raise anything)
            yield from self._fail(launch, error)
            return
        if known is not None and stop is None:
            waiting = self._waits(attempt, known)
            yield self._reported(attempt, known, waiting=waiting)
            if waiting:
                return
        yield from self._train(attempt)

    def _new(self, launch: Launch) -> Attempt:
        settings, found = self._settings, launch.checkpoint
        if launch.attempt > 1:
            checkpoints.sweep(settings.folder, launch.trial)
        session = Session(
            _assignment(settings, launch),
            settings.clock,
            checkpoint=_saved(settings.folder, found) if found else None,
            progress=Progress(found.iteration, found.resource, found.elapsed_s) if found else None,
            time=settings.time,
        )
        return Attempt(launch, session, self._output)

    def _warm(self) -> TrainableHost:
        if self._host is None:
            self._host = TrainableHost(self._settings.trainable)
        return self._host

    def _train(self, attempt: Attempt) -> Iterator[AnyEvent]:
        while attempt.session.stopping is None:
            saved = None
            try:
                report = attempt.step()
                if report is not None:
                    waiting = self._waits(attempt, report)
                    if attempt.wanted(waiting=waiting):
                        saved = attempt.save()
            except TrialStopped:
                break
            except KeyboardInterrupt:
                self._break(attempt)
                raise
            except BaseException as error:  # noqa: BLE001 (user code may raise anything)
                yield from self._fail(attempt.launch, error)
                return
            if report is None:
                yield from self._end(attempt, "completed")
                return
            if saved is not None:
                yield CheckpointSaved(**self._stamp(attempt.launch), checkpoint=saved)
            pauses = attempt.launch.pauses and report.resource >= attempt.seen
            waiting = waiting and not pauses
            if report.resource > attempt.seen:
                yield self._reported(attempt, report, waiting=waiting)
            if pauses:
                yield from self._pause(attempt)
            if pauses or waiting:
                return
        stop = attempt.session.stopping
        yield from self._end(
            attempt, stop.outcome if stop else "stopped", stop.reason if stop else ""
        )

    def _waits(self, attempt: Attempt, report: Report) -> bool:
        session = attempt.session
        return (
            report.resource >= session.until
            and report.resource > attempt.seen
            and session.stopping is None
        )

    def _reported(self, attempt: Attempt, report: Report, *, waiting: bool) -> Reported:
        attempt.seen, launch, at = report.resource, attempt.launch, self._settings.clock()
        return Reported(
            at=at, trial=launch.trial, attempt=launch.attempt, reports=(report,), waiting=waiting
        )

    def _save(self, attempt: Attempt) -> Iterator[AnyEvent]:
        try:
            saved = attempt.save()
        except KeyboardInterrupt:
            self._break(attempt)
            raise
        except BaseException as error:  # noqa: BLE001 (user code may raise anything)
            yield from self._fail(attempt.launch, error)
            return
        if saved is not None:
            yield CheckpointSaved(**self._stamp(attempt.launch), checkpoint=saved)

    def _pause(self, attempt: Attempt) -> Iterator[AnyEvent]:
        yield from self._save(attempt)
        if self._attempt is attempt:
            self._release(attempt, healthy=True)
            yield TrialPaused(**self._stamp(attempt.launch))

    def _end(self, attempt: Attempt, outcome: Outcome, reason: str = "") -> Iterator[AnyEvent]:
        if outcome == "completed":
            try:
                attempt.session.check_end()
            except TrialError as missing:
                yield from self._fail(attempt.launch, missing)
                return
        may_go_on = outcome == "interrupted"
        if (may_go_on or self._settings.checkpoint.at_end) and attempt.keeps_state:
            yield from self._save(attempt)
            if self._attempt is not attempt:
                return
        error = self._release(attempt, healthy=True)
        yield TrialEnded(
            **self._stamp(attempt.launch),
            outcome=outcome,
            reason=reason,
            error=None if error is None else describe(error),
        )

    def _fail(self, launch: Launch, error: BaseException) -> Iterator[AnyEvent]:
        described = describe(error)
        if self._settings.on_error is not None:
            self._settings.on_error(error)
        if self._attempt is not None:
            self._release(self._attempt, healthy=False)
        end: dict[str, Any] = {"outcome": "failed", "error": described, "failure": kind_of(error)}
        if isinstance(error, checkpoints.DiskFull):
            told = msgspec.structs.replace(described, type=UsageError.__name__)
            yield ExecutorFailed(at=self._settings.clock(), error=told)
            end = {"outcome": "interrupted", "reason": str(error)}
        yield TrialEnded(**self._stamp(launch), **end)
        forget_frames(error)

    def _break(self, attempt: Attempt | None) -> None:
        """Note that Ctrl-C went through the training code: it can only be stopped now."""
        if attempt is not None:
            attempt.broken = True
            launch = attempt.launch
            attempt.session.stopping = Stop(
                trial=launch.trial,
                attempt=launch.attempt,
                reason="interrupted",
                outcome="interrupted",
            )

    def _release(self, attempt: Attempt, *, healthy: bool) -> BaseException | None:
        """Close the attempt; return what its training code raised meanwhile, if it did."""
        self._attempt = None
        try:
            attempt.close(healthy=healthy)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 (user code may raise anything)
            return error
        return None

    def _stamp(self, launch: Launch) -> dict[str, Any]:
        return {"at": self._settings.clock(), "trial": launch.trial, "attempt": launch.attempt}


def _assignment(settings: WorkerSettings, launch: Launch) -> Assignment:
    """Return what an attempt is about; its configuration may be changed by training code."""
    plain, space = launch.config, settings.space
    return Assignment(
        trial=launch.trial,
        attempt=launch.attempt,
        config=copied(plain) if space is None else space.from_plain(plain),
        folder=settings.folder,
        experiment=settings.experiment,
        resources=launch.resources or settings.resources,
        resource=settings.resource,
        objective=settings.objective,
        required=settings.required,
        policy=settings.checkpoint,
    )


def _recovered(folder: str, launch: Launch, wanted: Checkpoint) -> tuple[Launch, str]:
    """Return the launch from a checkpoint that is whole, and a note if it is another one."""
    start = start_from(folder, wanted)
    if start.checkpoint is wanted:
        return launch, ""
    return msgspec.structs.replace(launch, checkpoint=start.checkpoint), start.note


def _saved(folder: str, checkpoint: Checkpoint) -> SavedCheckpoint:
    return SavedCheckpoint(os.path.join(folder, checkpoint.path))


def _same(launch: Launch, command: ExecutorCommand) -> bool:
    return launch.attempt == command.attempt and launch.trial == command.trial
