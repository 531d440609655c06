"""What each event does to a trial; the table in `table.py` says which handler runs when."""

from __future__ import annotations

from collections import Counter

from tunesmith._engine.deciding import Decider
from tunesmith._engine.ending import Ending
from tunesmith._engine.retention import Retention
from tunesmith._engine.retries import Retries
from tunesmith._engine.scheduling import SchedulerGate
from tunesmith._engine.scoring import Scoring
from tunesmith._engine.settings import Settings
from tunesmith._engine.silence import Silence
from tunesmith._engine.stopping import StopRule
from tunesmith._engine.telling import Teller
from tunesmith._engine.trials import FINAL, Trial, Trials, TrialState
from tunesmith.protocols import FailureKind, Pause, Report, Result, Stop, commands
from tunesmith.protocols.events import (
    CheckpointSaved,
    Reported,
    Suggested,
    SuggestionDeferred,
    TrialEnded,
    TrialLost,
    TrialPaused,
    TrialStarted,
)


class Lifecycle:
    """Carries trials from their suggestion to their end."""

    def __init__(
        self,
        settings: Settings,
        trials: Trials,
        *,
        gate: SchedulerGate,
        rule: StopRule,
        out: list[commands.AnyCommand],
    ) -> None:
        self._scoring = Scoring(settings.objectives, settings.outcome_constraints)
        self._trials = trials
        self._gate = gate
        self._rule = rule
        self._out = out
        self.teller = Teller(settings)
        self.retention = Retention(settings.keep, settings.budget, out)
        self.ending = Ending(settings, trials, out)
        self.retries = Retries(settings.retries, self.ending)
        self._decider = Decider(
            trials,
            self.ending,
            gate=gate,
            rule=rule,
            retention=self.retention,
            teller=self.teller,
        )
        self.ignored: Counter[str] = Counter()
        self.is_on_hold = False
        self._just_ended: list[Trial] = []
        self.silence = Silence(settings.trial_timeout_s, trials, self.ending, out)
        self.loner: Trial | None = None  # runs alone, since it ran out of memory beside others

    # Suggestions ---------------------------------------------------------------------------------

    def suggested(self, trial: Trial, event: Suggested) -> None:
        """Queue a new trial."""
        trial.config = event.config
        self._trials.move(trial, TrialState.PENDING)
        self._gate.added(trial)

    def deferred(self, trial: Trial, event: SuggestionDeferred) -> None:
        """Keep the place of a suggestion that will come after the next observation."""
        del event
        trial.is_deferred = True

    # Running -------------------------------------------------------------------------------------

    def launch(self, trial: Trial) -> None:
        """Give the trial a slot and start its next attempt, unless it is not to go on."""
        if trial.is_undecided or trial.has_met:
            decision = self._decider.settle(trial)
            if isinstance(decision, Pause):
                self.pause(trial)
            if isinstance(decision, Pause | Stop):
                return
        if trial.asks_first:
            self._decider.first(trial)
        trial.attempt += 1
        trial.is_open = True
        trial.goes_first = trial.is_overdue = False
        if trial.needs_all:
            self.loner = trial
        pauses, trial.pauses_again = trial.pauses_again, False
        self._trials.move(trial, TrialState.PAUSING if pauses else TrialState.STARTING)
        self._out.append(
            commands.Launch(
                trial=trial.id,
                attempt=trial.attempt,
                config=trial.config,
                checkpoint=trial.newest(),
                resources=trial.resources,
                until=self._decider.until(trial),
                seen=trial.resource,
                anchor=trial.anchor,
                pauses=pauses,
            )
        )
        trial.heard, trial.anchor = (trial.anchor if pauses else None), None
        self.silence.arm()

    def started(self, trial: Trial, event: TrialStarted) -> None:
        """Note that training code runs."""
        source = trial.newest()
        trial.heard = commands.Anchor(event.at, source.elapsed_s if source else 0.0)
        self._trials.move(trial, TrialState.RUNNING)

    def again(self, trial: Trial, event: object) -> None:
        """Count a repeated event, and leave the trial as it is."""
        del trial
        self.ignored[type(event).__name__] += 1

    def reported(self, trial: Trial, event: Reported) -> None:
        """Take reports in; decide where the trial waits for it."""
        if trial.state is TrialState.STARTING:
            self._trials.move(trial, TrialState.RUNNING)
        result, is_new = None, False
        for report in event.reports:
            if report.resource <= trial.resource:
                self.ignored["Reported"] += 1
                continue
            is_new = True
            result = self._absorb(trial, report)
            if self._rule(trial.id, report.metrics):
                trial.has_met = trial.is_interrupted
                if trial.state is TrialState.RUNNING:
                    self.ending.stop(trial, self._rule.reason, outcome="completed")
                    self._rule.note(trial.id, report.resource)
                    break
        trial.heard = commands.Anchor(event.at, trial.cost_s)
        if is_new and self._rule.all_stopped():
            self.ending.begin("completed", "the stop criterion ended the experiment")
        if event.waiting and is_new and trial.state is TrialState.RUNNING:
            self._decider.decide(trial, result)
        elif is_new and trial.is_interrupted:
            trial.is_undecided = self._decider.is_due(trial, result)

    def _absorb(self, trial: Trial, report: Report) -> Result | None:
        trial.resource = report.resource
        metrics = report.metrics
        trial.cost_s = metrics.get("time_total_s", trial.cost_s)
        for metric in self._scoring.metrics:
            if metric not in metrics:
                return None
        result = self._scoring.result(report.resource, metrics)
        trial.last = result
        if trial.best is None or result.values[0] < trial.best.values[0]:
            trial.best = result
        self._out.extend(self.teller.reported(trial, result))
        self._gate.reported(trial, result)
        return result

    # Checkpoints ---------------------------------------------------------------------------------

    def saved(self, trial: Trial, event: CheckpointSaved) -> None:
        """Note a durable checkpoint, and drop those it makes superfluous."""
        if trial.state is not TrialState.RESTARTING:
            self._decider.release(trial)
        self.retention.saved(trial, event.checkpoint)

    # Ends ----------------------------------------------------------------------------------------

    def review(self) -> None:
        """Carry out what the scheduler decides on trials that hold no slot."""
        self._decider.review()

    def paused(self, trial: Trial, event: TrialPaused) -> None:
        """Free the slot of a trial that can be resumed."""
        del event
        self.pause(trial)

    def _leave(self, trial: Trial) -> None:
        if self.loner is trial:
            self.loner = None

    def pause(self, trial: Trial) -> None:
        """Have a trial wait without a slot."""
        self._leave(trial)
        trial.is_open = False
        trial.asks_first = True
        trial.resources = None
        self._trials.move(trial, TrialState.PAUSED)
        self._out.extend(self.teller.paused(trial))
        self._decider.review()
        reask(self._trials, self._out)

    def ended(self, trial: Trial, event: TrialEnded) -> None:
        """Close the attempt: for good, or until a retry."""
        trial.is_open = False
        if event.outcome == "interrupted":
            self._left(trial)
        elif event.outcome == "failed":
            trial.error = event.error
            self._failed(trial, event.failure or "user_error", event.reason)
        else:
            self._finish(trial, FINAL[event.outcome], event.reason)

    def replaced(self, trial: Trial, event: TrialEnded | TrialLost) -> None:
        """Start the next attempt of a trial that was stopped in order to restart."""
        del event
        trial.is_open = False
        if self.ending.has_begun or self.is_on_hold:
            self.queue(trial)
        else:
            self.launch(trial)

    def lost(self, trial: Trial, event: TrialLost) -> None:
        """Queue the trial again after its worker vanished, or fail it."""
        trial.is_open = False
        if trial.state is TrialState.STOPPING:
            self._left(trial)
        else:
            self._failed(trial, event.failure, event.reason or event.failure)

    def _left(self, trial: Trial) -> None:
        """Close an attempt that broke off as what it was to become."""
        if trial.is_overdue:
            self._failed(trial, "timeout", trial.reason)
        elif trial.is_leaving:
            self._finish(trial, FINAL[trial.outcome], trial.reason)
        else:
            self._go_on_later(trial)

    def _failed(self, trial: Trial, kind: FailureKind, reason: str) -> None:
        """Queue a trial again whose attempt failed, or have it fail for good."""
        if self.retries.allow(trial, kind):
            trial.needs_all = trial.needs_all or kind == "oom"
            self._go_on_later(trial)
        else:
            self._finish(trial, TrialState.FAILED, reason)

    def _go_on_later(self, trial: Trial) -> None:
        """Queue a trial whose attempt is over; one that was to pause waits for its resumption."""
        if trial.state is TrialState.PAUSING:
            self.pause(trial)
        else:
            self.queue(trial)

    def queue(self, trial: Trial) -> None:
        """Have the trial run again before any other, unless a person holds it."""
        self._leave(trial)
        if trial.held_from is None:
            self._trials.move(trial, TrialState.PENDING, first=True)
        else:
            self._trials.move(trial, TrialState.HELD)

    def _finish(self, trial: Trial, state: TrialState, reason: str) -> None:
        self._leave(trial)
        trial.reason = reason
        self._trials.move(trial, state)
        self._out.append(self.teller.ended(trial))
        self._gate.ended(trial)
        self.ending.count(trial)
        self._decider.release(trial)
        self.retention.ended(trial)
        self._just_ended.append(trial)
        self._decider.review()
        reask(self._trials, self._out)

    def forget_ended(self) -> None:
        """Shrink the records of trials that ended in the previous event."""
        if self._just_ended:
            for trial in self._just_ended:
                trial.forget()
            self._just_ended.clear()


def reask(trials: Trials, out: list[commands.AnyCommand]) -> None:
    """Ask again for the suggestions that were deferred."""
    asked = trials.of(TrialState.ASKED)
    waiting = [trial for trial in asked.values() if trial.is_deferred] if asked else ()
    for trial in waiting:
        trial.is_deferred = False
    if waiting:
        out.append(commands.Ask(trials=tuple(trial.id for trial in waiting)))
