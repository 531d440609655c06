"""Trials that have not been heard of for too long: found by one alarm at a time."""

from __future__ import annotations

from tunesmith._engine.ending import Ending
from tunesmith._engine.trials import Trials, TrialState
from tunesmith.protocols import commands

SILENCE = "silence"

LATE_S = 5.0
"""An alarm that is as late as this woke a driver that did not listen: it, not trials, was still."""


class Silence:
    """Has trials ended that do not report for `limit_s` seconds (None: as long as they like).

    The time of a trial counts from the start of its training code, and from each report. The
    executor is told to stop it, and ends by force what does not obey. After a driver was suspended,
    every trial has its time once more. `now` is kept up to date by the engine.
    """

    def __init__(
        self,
        limit_s: float | None,
        trials: Trials,
        ending: Ending,
        out: list[commands.AnyCommand],
    ) -> None:
        self.limit_s = limit_s
        self._trials = trials
        self._ending = ending
        self._out = out
        self._is_armed = False
        self._due = 0.0
        self.now = 0.0

    def reset(self) -> None:
        """Forget the alarm: a driver that took the experiment up again knows of none."""
        self._is_armed = False

    def arm(self, heard_at: float | None = None) -> None:
        """See to it that there is an alarm, for a trial last heard of now, or at another time."""
        if self.limit_s is not None and not self._is_armed:
            self._is_armed = True
            since = self.now if heard_at is None else heard_at
            self._due = since + self.limit_s
            self._out.append(commands.WakeAt(at=self._due, name=SILENCE))

    def look(self) -> None:
        """Stop those that are overdue, and set the alarm for the next that could be."""
        self._is_armed = False
        if self.limit_s is None:
            return
        if self.now - self._due > LATE_S:
            self.arm()
            return
        heard = [self.now] if self._trials.of(TrialState.STARTING) else []
        for trial in list(self._trials.of(TrialState.RUNNING).values()):
            if trial.heard is None:
                continue
            if trial.heard.at + self.limit_s > self.now:
                heard.append(trial.heard.at)
                continue
            trial.is_overdue = True
            reason = f"no report for {self.limit_s:g} s (trial_timeout_s)"
            self._ending.stop(trial, reason, outcome="interrupted")
        if heard:
            self.arm(min(heard))
