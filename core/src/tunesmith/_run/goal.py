"""What a resumed run is to reach: its own goal, or another one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tunesmith._journal.log import Journal
from tunesmith._run.experiment import Experiment
from tunesmith._run.record import CHANGEABLE
from tunesmith.errors import UsageError
from tunesmith.protocols.events import ExperimentChanged, Suggested


class Goal(msgspec.Struct, frozen=True):
    """The experiment as it goes on, and the engine's limits that change by that."""

    experiment: Experiment
    limits: dict[str, Any]

    def changed(self, at: float) -> list[ExperimentChanged]:
        """Return the change as an event, if there is one."""
        return [ExperimentChanged(at=at, changes=self.limits)] if self.limits else []


def later(experiment: Experiment, journal: Journal, given: Mapping[str, Any]) -> Goal:
    """Return the goal of a run that goes on, with earlier changes and those that are `given`.

    Raises:
        UsageError: the run has more trials already than it is now to have.
    """
    cells = journal.header.extra.get("cells", 1)
    earlier: dict[str, Any] = {}
    made = 0
    for _, event in journal.events():
        made += isinstance(event, Suggested)
        if isinstance(event, ExperimentChanged):
            earlier |= event.changes
    if "num_samples" in earlier:
        earlier["num_samples"] //= cells
    wanted = {option: given[option] for option in CHANGEABLE if option in given}
    goal = experiment.replace(**{**earlier, **wanted})
    limits = {option: getattr(goal, option) for option in wanted}
    if limits.get("num_samples") is not None:
        limits["num_samples"] *= cells
        if limits["num_samples"] < made:
            raise UsageError(
                f"num_samples={wanted['num_samples']!r}: this run has {made} trials already; "
                f"give at least {-(-made // cells)}"
            )
    return Goal(goal, limits)
