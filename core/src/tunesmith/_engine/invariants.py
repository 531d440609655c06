"""What always holds between two events, whatever happened; for tests."""

from __future__ import annotations

from tunesmith._engine.trials import Trials, TrialState


def broken(trials: Trials, limit: int | None) -> list[str]:
    """Return the invariants that do not hold, in words; `limit` is how many trials there may be."""
    holding = sum(len(trials.of(state)) for state in TrialState if state.holds_slot)
    problems = []
    if holding != trials.active:
        problems.append(f"{trials.active} slots counted, {holding} held")
    for trial in trials:
        if trial.id not in trials.of(trial.state):
            problems.append(f"trial {trial.id} is lost from {trial.state.label}")
        if trial.is_open != (trial.state.holds_slot or trial.state is TrialState.RETIRING):
            problems.append(f"trial {trial.id} is {trial.state.label}, open={trial.is_open}")
    if limit is not None and trials.created > limit:
        problems.append(f"{trials.created} trials made, {limit} allowed")
    return problems
