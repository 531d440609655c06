"""How an experiment ends: trials are stopped or retired, then the run is finished."""

from __future__ import annotations

from typing import Literal

from tunesmith._engine.settings import Settings
from tunesmith._engine.trials import Trial, Trials, TrialState
from tunesmith.errors import PluginError, TrialError, TunesmithError
from tunesmith.protocols import commands
from tunesmith.protocols.events import Outcome

RunStatus = Literal["completed", "stopped", "failed"]


class Ending:
    """Winds the experiment down once, and counts the failures that may start it."""

    def __init__(self, settings: Settings, trials: Trials, out: list[commands.AnyCommand]) -> None:
        self.settings = settings
        self._trials = trials
        self.out = out
        self._fingerprint: str | None = None
        self._identical = 0
        self.reset()

    def reset(self) -> None:
        """Take the experiment up again, as a resume does."""
        self.status: RunStatus | None = None
        self.reason = ""
        self.fault: type[TunesmithError] = PluginError
        self.keeps_trials = False

    @property
    def farewell(self) -> str:
        """Why nothing can be asked for any more; empty while the experiment goes on."""
        return f"the run is ending ({self.reason or self.status})" if self.has_begun else ""

    @property
    def has_begun(self) -> bool:
        """Whether the experiment is winding down."""
        return self.status is not None

    def fail(
        self, reason: str, fault: type[TunesmithError] = PluginError, *, interrupt: bool = False
    ) -> None:
        """Begin the end of a run that failed; `fault` says through whose fault."""
        if not self.has_begun:
            self.fault = fault
        self.begin("failed", reason, interrupt=interrupt)

    def begin(self, status: RunStatus, reason: str, *, interrupt: bool = False) -> None:
        """Start no more trials and stop those that run.

        With `interrupt`, trials that are not over stay as they are, to go on at a resume.
        """
        if self.has_begun:
            return
        self.status, self.reason, self.keeps_trials = status, reason, interrupt
        outcome: Outcome = "interrupted" if interrupt else "stopped"
        for state in (TrialState.STARTING, TrialState.RUNNING):
            for trial in list(self._trials.of(state).values()):
                self.stop(trial, reason, outcome=outcome)

    def stop(self, trial: Trial, reason: str, *, outcome: Outcome) -> None:
        """Have the running attempt end."""
        trial.reason, trial.outcome = reason, outcome
        self._trials.move(trial, TrialState.STOPPING)
        self.out.append(
            commands.Stop(
                trial=trial.id,
                attempt=trial.attempt,
                reason=reason,
                outcome=outcome,  # type: ignore[arg-type]
            )
        )

    def retire(self, trial: Trial, reason: str, *, outcome: Outcome = "stopped") -> None:
        """Have a trial that holds no slot end."""
        trial.reason, trial.outcome = reason, outcome
        trial.is_open = True
        self._trials.move(trial, TrialState.RETIRING)
        self.out.append(
            commands.Retire(
                trial=trial.id,
                attempt=trial.attempt,
                reason=reason,
                outcome=outcome,  # type: ignore[arg-type]
            )
        )

    def retire_waiting(self, reason: str) -> bool:
        """Have all pending and paused trials end; False if there is none."""
        waiting = [
            *self._trials.of(TrialState.PENDING).values(),
            *self._trials.of(TrialState.PAUSED).values(),
        ]
        for trial in waiting:
            self.retire(trial, reason)
        return bool(waiting)

    def count(self, trial: Trial) -> None:
        """Note how a trial ended; begin the end if failures say so."""
        error = trial.error if trial.state is TrialState.FAILED else None
        if trial.state is not TrialState.FAILED:
            self._identical = -1
            return
        told = f"{error.type}: {error.message}" if error else trial.reason
        if self.settings.fail_fast:
            self.fail(f"trial {trial.id} failed and fail_fast is on: {told}", TrialError)
        fingerprint = error.fingerprint if error else trial.reason
        if self._identical < 0:
            return
        self._identical = self._identical + 1 if fingerprint == self._fingerprint else 1
        self._fingerprint = fingerprint
        limit = self.settings.identical_failures
        if limit is not None and self._identical >= limit:
            self.fail(f"the first {limit} trials all failed the same way: {told}", TrialError)
