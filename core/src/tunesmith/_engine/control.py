"""What a person asks of an experiment while it goes on: whether it can be done, and doing it."""

from __future__ import annotations

from collections.abc import Mapping

from tunesmith._engine.allocation import Allocation
from tunesmith._engine.lifecycle import Lifecycle
from tunesmith._engine.trials import Trial, Trials, TrialState
from tunesmith.protocols import commands
from tunesmith.protocols.events import ControlAction, ControlRequested

_TRAINING = (TrialState.STARTING, TrialState.RUNNING)
_TAKES: Mapping[ControlAction, tuple[TrialState, ...]] = {
    "stop": (TrialState.PENDING, *_TRAINING, TrialState.PAUSED, TrialState.HELD),
    "pause": (TrialState.PENDING, *_TRAINING, TrialState.PAUSED),
    "unpause": (TrialState.HELD,),
    "boost": (TrialState.PENDING,),
}
"""In which states a trial can be asked for what."""


class Control:
    """Carries out requests about single trials and about the whole experiment.

    A trial that is paused by a person is held: no scheduler sees it, and nothing launches it, until
    it is unpaused, also by a resume. An experiment that is paused holds no slot; whatever ran goes
    on when it is unpaused or resumed.
    """

    def __init__(
        self,
        trials: Trials,
        lifecycle: Lifecycle,
        allocation: Allocation,
        out: list[commands.AnyCommand],
    ) -> None:
        self._trials = trials
        self._lifecycle = lifecycle
        self._ending = lifecycle.ending
        self._allocation = allocation
        self._out = out

    def objection(self, event: ControlRequested) -> str:
        """Return why the request cannot be carried out now; empty if it can be."""
        if event.trial:
            return self._objection_of_trial(event)
        is_on_hold = self._lifecycle.is_on_hold
        if event.action == "pause" and is_on_hold:
            return "the run is paused already"
        if event.action == "unpause" and not is_on_hold:
            return "the run is not paused"
        return ""

    def _objection_of_trial(self, event: ControlRequested) -> str:
        trial = self._trials.find(event.trial)
        if trial is None or trial.state is TrialState.ASKED:
            return f"there is no trial {event.trial}"
        takes = _TAKES.get(event.action, ())
        if trial.state in takes or (event.action == "unpause" and trial.held_from is not None):
            return ""
        wanted = ", ".join(state.label for state in takes)
        return f"trial {trial.id} is {trial.state.label}; {event.action} takes one that is {wanted}"

    def carry_out(self, event: ControlRequested) -> None:
        """Do what is asked for; `objection` had none."""
        trial = self._trials.find(event.trial)
        reason = event.reason
        match event.action, trial:
            case "enqueue", _:
                self._enqueue(event)
            case "stop", None:
                self._ending.begin("stopped", reason, interrupt=True)
            case "pause", None:
                self._lifecycle.is_on_hold = True
                for running in self._trials.holding():
                    if running.state in _TRAINING:
                        self._ending.stop(running, reason, outcome="interrupted")
            case "unpause", None:
                self._lifecycle.is_on_hold = False
            case "stop", Trial():
                if trial.state.holds_slot:
                    self._ending.stop(trial, reason, outcome="stopped")
                else:
                    self._ending.retire(trial, reason)
            case "pause", Trial():
                self._hold(trial, reason)
            case "unpause", Trial():
                self._release(trial)
            case "boost", Trial():
                trial.goes_first = True
                self._trials.move(trial, TrialState.PENDING, first=True)

    def _enqueue(self, event: ControlRequested) -> None:
        """Make room for one more trial, which is then asked for like any other."""
        assert event.config is not None  # noqa: S101  (who makes the event checks it)
        if self._allocation.num_samples is not None:
            self._allocation.num_samples += 1
        self._allocation.search_ended = False
        self._out.append(commands.Enqueue(config=event.config))

    def _hold(self, trial: Trial, reason: str) -> None:
        trial.held_from = trial.state
        if trial.state.holds_slot:
            self._ending.stop(trial, reason, outcome="interrupted")
        else:
            trial.reason = reason
            self._trials.move(trial, TrialState.HELD)

    def _release(self, trial: Trial) -> None:
        """Put a held trial where it was; one that is still stopping goes on right after that."""
        was_paused = trial.held_from is TrialState.PAUSED
        trial.held_from = None
        if trial.state is TrialState.HELD:
            state = TrialState.PAUSED if was_paused else TrialState.PENDING
            is_next = not was_paused and (trial.attempt > 0 or trial.goes_first)
            self._trials.move(trial, state, first=is_next)
