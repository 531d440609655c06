"""Asks the scheduler about waiting and paused trials, and has its decisions carried out."""

from __future__ import annotations

from tunesmith._engine.ending import Ending
from tunesmith._engine.retention import Retention
from tunesmith._engine.scheduling import SchedulerGate
from tunesmith._engine.stopping import StopRule
from tunesmith._engine.telling import Teller
from tunesmith._engine.trials import Trial, Trials, TrialState
from tunesmith.protocols import (
    Continue,
    Decision,
    Fork,
    Pause,
    Reallocate,
    Result,
    Stop,
    commands,
)
from tunesmith.protocols.events import Outcome


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
        if result is None or not self.is_due(trial, result):
            self._proceed(trial)
            return
        self._out.extend(self._teller.deciding(trial, result))
        # If the scheduler fails, the decision is still due when the trial goes on.
        trial.is_undecided = True
        decision = self._gate.decide(trial, result)
        trial.is_undecided = False
        match decision:
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

    def is_due(self, trial: Trial, result: Result | None) -> bool:
        """Tell whether the scheduler wants to decide at this result."""
        return result is not None and (trial.decide_at is None or trial.resource >= trial.decide_at)

    def settle(self, trial: Trial) -> Decision | None:
        """Take the decision that was due as a trial was interrupted, which holds no slot now.

        To pause it is left to the caller.
        """
        decision = self._decision_on(trial)
        trial.is_undecided = trial.has_met = False
        match decision:
            case Continue(until=until):
                trial.decide_at = until
            case Stop(reason=reason, complete=complete):
                outcome: Outcome = "completed" if complete else "stopped"
                self._ending.retire(trial, reason, outcome=outcome)
            case Pause(reason=reason):
                trial.reason = reason
            case Fork():
                self._fork(trial, decision)
            case Reallocate(resources=resources):
                trial.resources = resources
        return decision

    def _decision_on(self, trial: Trial) -> Decision | None:
        if trial.has_met:
            self._rule.note(trial.id, trial.resource)
            return Stop(reason=self._rule.reason, complete=True)
        if trial.last is None:  # it became the clone of another meanwhile
            return None
        self._out.extend(self._teller.deciding(trial, trial.last))
        return self._gate.decide(trial, trial.last)

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
        self.release(trial)
        self._retention.forked(trial)
        trial.launch_from = source
        trial.config = fork.config
        trial.resource = source.resource
        trial.last = trial.best = None
        trial.asks_first = True
        if trial.state is TrialState.RUNNING:
            self._restart(trial, fork.reason)
        return True

    def release(self, trial: Trial) -> None:
        """Let go of the checkpoint that a trial became the clone of, if it did."""
        if trial.launch_from is not None:
            self._retention.unpin(trial.launch_from)
            trial.launch_from = None

    def first(self, trial: Trial) -> None:
        """Have the scheduler say how far the trial's next attempt runs."""
        trial.asks_first = False
        trial.decide_at = self._gate.first(trial)

    def _restart(self, trial: Trial, reason: str) -> None:
        trial.reason = reason
        # Asked now, so that a crash before the next launch loses no answer.
        self.first(trial)
        trial.heard = None
        self._trials.move(trial, TrialState.RESTARTING)
        self._out.append(
            commands.Stop(
                trial=trial.id, attempt=trial.attempt, reason=reason, outcome="interrupted"
            )
        )

    def review(self) -> None:
        """Carry out what the scheduler decides on trials that hold no slot."""
        for trial, decision in self._gate.review():
            if isinstance(decision, Fork):
                if not _is_done(trial, decision):
                    self._fork(trial, decision)
            else:
                self._ending.retire(
                    trial, decision.reason, outcome="completed" if decision.complete else "stopped"
                )


def _is_done(trial: Trial, fork: Fork) -> bool:
    """Tell whether a trial that holds no slot was forked so already."""
    origin = trial.launch_from
    return origin is not None and origin.trial == fork.source and trial.config == fork.config
