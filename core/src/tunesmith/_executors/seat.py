"""One simulated worker: the trial that it holds, and where that trial stands on the clock."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from math import inf

from tunesmith._executors.conditions import Conditions
from tunesmith.protocols.commands import Anchor, ExecutorCommand, Launch, Proceed, Stop
from tunesmith.protocols.events import (
    AnyEvent,
    CheckpointSaved,
    Reported,
    TrialEnded,
    TrialLost,
    TrialStarted,
)
from tunesmith.protocols.executor import ExecutorContext, TrialWorker, WorkerFactory

Happening = tuple[float, list[AnyEvent]]
"""Events of one trial that happen together, and when."""


class Seat:
    """Runs its trial one report ahead of the clock; it is the clock of its worker.

    A trial that has trained for `anchor.elapsed_s` seconds at `anchor.at` reaches any later point
    of its training after as many seconds more, times its slowdown. What was announced before the
    `version` moved on does not happen. `waiting`: the trial stands still at a report.
    """

    def __init__(
        self, number: int, context: ExecutorContext, metric: str, conditions: Conditions
    ) -> None:
        self.trial = ""
        self.attempt = 0
        self.version = 0
        self.waiting = False
        self.ahead: list[AnyEvent] = []
        self._leaving = False
        self._name = f"simulated worker {number}"
        self._folder = context.folder
        self._conditions = conditions
        factory: WorkerFactory = context.worker  # type: ignore[assignment]  # the core's own
        self._worker: TrialWorker = factory.timed(metric, self)()
        self._events: Iterator[AnyEvent] = iter(())
        self._anchor_at = self._anchor_s = 0.0
        self._latest = 0.0
        self._slowdown = 1.0
        self._lost_at = inf

    # The worker's clock --------------------------------------------------------------------------

    def now(self) -> float:
        """Return the time of what the trial did last."""
        return self._latest

    def at(self, elapsed_s: float) -> float:
        """Return, and go to, the time at which the trial has trained for `elapsed_s` seconds."""
        self._latest = self._anchor_at + self._slowdown * (elapsed_s - self._anchor_s)
        return self._latest

    # Commands, and what they bring about ---------------------------------------------------------

    def begin(self, launch: Launch, now: float) -> Happening:
        """Take a trial in, be it one that was running when its experiment was cut off."""
        self.version += 1
        self.waiting = self._leaving = False
        self.ahead = []
        self.trial, self.attempt = launch.trial, launch.attempt
        start, anchor = now, launch.anchor
        if anchor is None:
            start += self._conditions.start_delay_s
            anchor = Anchor(start, launch.checkpoint.elapsed_s if launch.checkpoint else 0.0)
        self._anchor_at, self._anchor_s = anchor.at, anchor.elapsed_s
        self._latest = start
        self._slowdown = self._conditions.slowdown(launch.trial)
        self._lost_at = self._conditions.lost_at(launch.trial, start)
        self._events = self._worker.handle(launch)
        started = TrialStarted(at=start, trial=self.trial, attempt=self.attempt, worker=self._name)
        return start, [started]

    def proceed(self, command: Proceed, now: float) -> Happening | None:
        """Train on after a decision."""
        if not self.waiting:
            return None
        self.waiting = False
        self._anchor_at = max(now, self._latest)
        self._events = self._worker.handle(command)
        return self.train(self._anchor_at)

    def train(self, now: float) -> Happening | None:
        """Train up to the next report, the end, or the loss of the worker."""
        events: list[AnyEvent] = []
        saves = 0
        for event in self._events:
            kind = type(event)
            if kind is TrialStarted:
                continue
            events.append(event)
            if kind is not CheckpointSaved:
                break
            saves += 1
        if not events:
            return None
        last, delay = events[-1], saves * self._conditions.checkpoint_delay_s
        if isinstance(last, Reported):
            elapsed_s = last.reports[-1].metrics["time_total_s"]
            at = max(now, self.at(elapsed_s)) + delay
            # Counted from report to report, so that a cut between two changes not even a rounding.
            self._anchor_at, self._anchor_s = at, elapsed_s
        else:
            at = now + delay
        self._latest = at
        self.ahead = events
        return (self._lost_at, [self._loss()]) if at > self._lost_at else (at, events)

    def settle(self, command: ExecutorCommand, now: float) -> Happening | None:
        """Have a trial that waits be saved, pause or end."""
        if not self.waiting:
            return None
        events = list(self._worker.handle(command))
        saves = sum(isinstance(event, CheckpointSaved) for event in events)
        at = max(now, self._latest) + saves * self._conditions.checkpoint_delay_s
        self._latest = at
        if not events:
            return None
        if not isinstance(events[-1], CheckpointSaved):
            self.waiting, self._leaving = False, True
            at += self._conditions.stop_delay_s
        return at, events

    def stop(self, command: Stop, now: float) -> Happening | None:
        """End the trial now: what it did ahead of the clock has not happened."""
        if self.waiting:
            return self.settle(command, now)
        if self._leaving:
            return None
        self.version += 1
        self._leaving = True
        self._undo(self.ahead)
        events = list(self._worker.handle(command))
        self._undo(events)
        end = next((event for event in events if isinstance(event, TrialEnded)), None)
        return now + self._conditions.stop_delay_s, [end or ended_by(command, now)]

    def vacate(self, last: AnyEvent) -> None:
        """Let the trial go, and the worker if it was lost."""
        if isinstance(last, TrialLost):
            self._undo(self.ahead)
            self.close()

    def close(self) -> None:
        """Abandon what runs."""
        self.version += 1
        self._events = iter(())
        self._worker.close()

    def _loss(self) -> TrialLost:
        return TrialLost(
            at=self._lost_at,
            trial=self.trial,
            attempt=self.attempt,
            failure="worker_lost",
            reason="the simulated worker was lost",
        )

    def _undo(self, events: Iterable[AnyEvent]) -> None:
        for event in events:
            if isinstance(event, CheckpointSaved):
                path = os.path.join(self._folder, event.checkpoint.path)
                shutil.rmtree(path, ignore_errors=True)


def ended_by(stop: Stop, now: float) -> TrialEnded:
    """Return the end of a trial that was stopped before any of its code ran."""
    return TrialEnded(
        at=now, trial=stop.trial, attempt=stop.attempt, outcome=stop.outcome, reason=stop.reason
    )
