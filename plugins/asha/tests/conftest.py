"""A problem to schedule, and trials as the engine shows them."""

from collections.abc import Callable
from random import Random

import pytest

from tunesmith.protocols import Objective, Problem, Result, TrialStatus, TrialView
from tunesmith.space import parse_space, uniform


@pytest.fixture(scope="session")
def make_problem() -> Callable[..., Problem]:
    """Make a problem with the given end, unit and seed."""

    def make(
        max_resource: float | None = 27, resource: str = "training_iteration", seed: int = 0
    ) -> Problem:
        return Problem(
            space=parse_space({"lr": uniform(0, 1)}),
            objectives=(Objective("loss", "min"),),
            seeds=lambda name: Random(f"{seed}/{name}"),
            resource=resource,
            max_resource=max_resource,
        )

    return make


@pytest.fixture(scope="session")
def make_trial() -> Callable[..., TrialView]:
    """Make a trial's snapshot."""

    def make(trial_id: str, status: TrialStatus = "running") -> TrialView:
        return TrialView(id=trial_id, config={"lr": 0.5}, status=status)

    return make


@pytest.fixture(scope="session")
def make_result() -> Callable[[float, float], Result]:
    """Make a result with one value."""

    def make(resource: float, value: float) -> Result:
        return Result(resource=resource, values=(value,), metrics={"loss": value})

    return make
