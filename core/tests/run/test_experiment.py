"""The experiment as a value."""

import random
from typing import Any

import msgspec
import pytest

from tunesmith._run.configs import CheckpointConfig
from tunesmith._run.experiment import Experiment
from tunesmith.errors import UsageError
from tunesmith.protocols import Objective, Resources
from tunesmith.space import choice, uniform


class Index:
    """A whole number as NumPy's are."""

    def __index__(self) -> int:
        return 7


def make(**options: Any) -> Experiment:
    given = {"metric": "loss", "mode": "min", "num_samples": 4, **options}
    space = {"lr": uniform(0.0, 1.0), "act": choice(["relu", random.Random])}
    return Experiment.create(str, space, **given)


def test_objectives_pair_metrics_with_modes() -> None:
    """The first metric is the first objective."""
    experiment = make(metric=["loss", "size"], mode=["min", "max"])
    assert experiment.objectives == (Objective("loss", "min"), Objective("size", "max"))


def test_every_option_has_one_inner_form() -> None:
    """However an option was written, who reads the experiment finds one type."""
    experiment = make(resources={"cpu": 2}, seed=Index(), constraint=bool, verbose=True)
    assert experiment.metric == ("loss",)
    assert experiment.resources == Resources(({"cpu": 2.0},))
    assert experiment.constraint == (bool,)
    assert (experiment.seed, experiment.verbose) == (7, 1)


def test_bundles_keep_their_strategy() -> None:
    """Placement is the user's to choose."""
    given = Resources(({"cpu": 1}, {"gpu": 1}), strategy="SPREAD")
    assert make(resources=given).resources == Resources(({"cpu": 1.0}, {"gpu": 1.0}), "SPREAD")


def test_points_are_completed_and_plain() -> None:
    """Objects stand as labels, and what a point leaves out is drawn, the same for the same seed."""
    first, second = (make(seed=1, points_to_evaluate=[{"act": random.Random}]) for _ in range(2))
    (point,) = first.points_to_evaluate
    assert point["act"] == {"$object": "random:Random"}
    assert 0 <= point["lr"] <= 1
    assert first.points_to_evaluate == second.points_to_evaluate


def test_a_missing_seed_is_drawn_once() -> None:
    """The experiment knows its seed, so that it can be recorded; replacing keeps it."""
    experiment = make()
    assert experiment.replace(num_samples=9).seed == experiment.seed


def test_replacing_checks_again() -> None:
    """No experiment exists that was not checked, and unnamed options stay."""
    experiment = make(checkpoint=CheckpointConfig(keep=3), points_to_evaluate=[{"lr": 0.5}])
    changed = experiment.replace(num_samples=9)
    assert msgspec.structs.replace(experiment, num_samples=9) == changed
    with pytest.raises(UsageError, match="num_samples=0"):
        experiment.replace(num_samples=0)


def test_an_experiment_cannot_be_changed() -> None:
    """It is a value: everything made from it agrees on it."""
    with pytest.raises(AttributeError):
        make().seed = 3  # type: ignore[misc]
