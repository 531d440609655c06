"""After the driver died: every trial is brought to where the rest of its orders had led it."""

from __future__ import annotations

from tunesmith._engine.lifecycle import Lifecycle
from tunesmith._engine.trials import Trials, TrialState


def take_up_again(trials: Trials, lifecycle: Lifecycle) -> None:
    """Queue what ran, pause and end what was about to; a run that was paused goes on.

    What was about to pause and had not saved itself is queued to do so.
    """
    lifecycle.is_on_hold = False
    lifecycle.silence.reset()
    retiring = list(trials.of(TrialState.RETIRING).values())
    for trial in reversed(trials.holding()):
        trial.is_open = False
        if trial.state is TrialState.PAUSING and (trial.is_saved or trial.held_from is not None):
            lifecycle.pause(trial)
        elif trial.state is TrialState.STOPPING and trial.outcome != "interrupted":
            lifecycle.ending.retire(trial, trial.reason, outcome=trial.outcome)
        else:
            trial.pauses_again = trial.state is TrialState.PAUSING
            trial.anchor = trial.heard
            lifecycle.queue(trial)
    for trial in retiring:
        lifecycle.ending.retire(trial, trial.reason, outcome=trial.outcome)
