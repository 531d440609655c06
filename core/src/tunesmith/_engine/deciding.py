"""Asks the scheduler about waiting and paused trials, and has its decisions carried out."""

from __future__ import annotations

from tunesmith._engine.ending import Ending
from tunesmith._engine.retention import Retention
from tunesmith._engine.scheduling import SchedulerGate
from tunesmith._engine.stopping import StopRule
from tunesmith._engine.telling import Teller
from tunesmith._engine.trials import Trial, Trials, TrialState
from tunesmith.protocols import Continue, Fork, Pause, Reallocate, Result, Stop, commands


class Decider:
    """Turns decisions into orders for the executor."""

    def __init__(
        self,
        trials: Trials,
        ending: Ending,
        *,
        gate: SchedulerGate,
        rule: StopRule,
        retention: Retention,
        teller: Teller,
    ) -> None:
        self._trials = trials
        self._ending = ending
        self._gate = gate
        self._rule = rule
        self._retention = retention
        self._teller = teller
        self._out = ending.out

    def decide(self, trial: Trial, result: Result | None) -> None:
        """Answer a trial that waits at `result` (None: a report without the objective)."""
        is_due = trial.decide_at is None or trial.resource >= trial.decide_at
        if result is None or not is_due:
            self._proceed(trial)
            return
        self._out.extend(self._teller.deciding(trial, result))
        match self._gate.decide(trial, result):
            case Continue(until=until):
                trial.decide_at = until
                self._proceed(trial)
            case Stop(reason=reason, complete=complete):
                self._ending.stop(trial, reason, outcome="completed" if complete else "stopped")
            case Pause(reason=reason):
                trial.reason = reason
                self._trials.move(trial, TrialState.PAUSING)
                self._out.append(
                    commands.Pause(trial=trial.id, attempt=trial.attempt, reason=reason)
                )
            case Fork() as fork:
                if not self._fork(trial, fork):
                    self._proceed(trial)
            case Reallocate(resources=resources, reason=reason):
                if trial.newest() is None:
                    self._proceed(trial)
                else:
                    trial.resources = resources
                    self._restart(trial, reason)
        self.review()

    def until(self, trial: Trial) -> float:
        """Return where the trial must wait next: at the scheduler's point or the stop rule's."""
        until = trial.decide_at or 0.0
        return until if self._rule.until is None else min(until, self._rule.until)

    def _proceed(self, trial: Trial) -> None:
        self._out.append(
            commands.Proceed(trial=trial.id, attempt=trial.attempt, until=self.until(trial))
        )

    def _fork(self, trial: Trial, fork: Fork) -> bool:
        """Have the trial go on as a clone; False if the source cannot be cloned."""
        source = self._trials[fork.source].newest()
        if source is None:
            return False
        self._retention.pin(source)
        if trial.launch_from is not None:
            self._retention.unpin(trial.launch_from)
        trial.launch_from = source
        trial.config = fork.config
        trial.resource = source.resource
        trial.last = trial.best = None
        if trial.state is TrialState.RUNNING:
            self._restart(trial, fork.reason)
        return True

    def _restart(self, trial: Trial, reason: str) -> None:
        trial.reason = reason
        self._trials.move(trial, TrialState.RESTARTING)
        self._out.append(
            commands.Stop(
                trial=trial.id, attempt=trial.attempt, reason=reason, outcome="interrupted"
            )
        )

    def review(self) -> None:
        """Carry out what the scheduler decides on paused trials."""
        for trial_id, decision in self._gate.review().items():
            trial = self._trials[trial_id]
            if isinstance(decision, Fork):
                self._fork(trial, decision)
            else:
                self._ending.retire(
                    trial, decision.reason, outcome="completed" if decision.complete else "stopped"
                )
