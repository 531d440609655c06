"""What algorithms are told of the experiment that they are made for."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import tunesmith as tune
from tunesmith.errors import UsageError
from tunesmith.protocols import Observation, Problem


def never(trial_id: str, metrics: Mapping[str, Any]) -> bool:
    del trial_id, metrics
    return False


class Listener:
    """A searcher that has one suggestion and keeps the problem."""

    problems: list[Problem] = []  # noqa: RUF012  (shared on purpose)

    def __init__(self, problem: Problem) -> None:
        self.problems.append(problem)

    def suggest(self, trial_id: str) -> dict[str, Any] | None:
        return {"x": 0.5} if trial_id == "0001" else None

    def observe(self, observation: Observation) -> None:
        """Learn nothing."""


def train(config: dict[str, Any]) -> float:
    return float(config["x"])


def run(folder: Path, **options: Any) -> None:
    """Run one trial with these algorithms."""
    fixed: dict[str, Any] = {"metric": "loss", "mode": "min", "executor": "inline", "verbose": 0}
    tune.run(train, {"x": tune.uniform(0, 1)}, num_samples=1, storage=folder, **fixed, **options)


@pytest.mark.parametrize(
    ("stop", "end"),
    [
        ({"training_iteration": 9}, 9.0),
        ([never, {"training_iteration": 9}, {"loss": 0.1}], 9.0),
        (({"training_iteration": 9}, {"training_iteration": 3}), 3.0),
        ([never], None),
    ],
)
def test_the_end_of_training_is_known_from_any_form_of_stop(
    tmp_path: Path, stop: Any, end: float | None
) -> None:
    """`max_resource` is the least that any of the rules lets a trial train."""
    run(tmp_path, searcher=Listener, stop=stop)
    assert Listener.problems.pop().max_resource == end


class Choosy:
    """A scheduler that refuses its problem."""

    def __init__(self, problem: Problem) -> None:
        raise UsageError("it takes no such problem")


def test_an_algorithm_that_refuses_leaves_no_run(tmp_path: Path) -> None:
    """The run's name is free again for whoever mends the call."""
    with pytest.raises(UsageError, match="it takes no such problem"):
        run(tmp_path, scheduler=Choosy, name="mine")
    assert list(tmp_path.iterdir()) == []
