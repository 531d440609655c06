"""Problems to search, and a small driver of a searcher."""

from typing import ClassVar

import pytest

import tunesmith.space as ts
from tunesmith.testing import labs

CONDITIONAL = {
    "x": ts.uniform(-1, 1),
    "optimizer": ts.choice(
        [
            {
                "name": "sgd",
                "momentum": ts.uniform(0, 1),
                "nesterov": ts.choice([None, {"b": 0.5}]),
            },
            {
                "name": "adam",
                "schedule": ts.choice([{"kind": "step", "every": ts.randint(1, 9)}, "no"]),
            },
        ]
    ),
}


class Lab(labs.MixedLab):
    """With small forests and a short search for the best candidate, for 40 trials."""

    name = "smac"
    options: ClassVar = {
        "retrain_after": 8,
        "challengers": 100,
        "local_search_iterations": 4,
        "model_options": {"n_trees": 5},
    }

    def __init__(self, *arguments, num_samples=40, **options):
        super().__init__(*arguments, num_samples=num_samples, **options)


@pytest.fixture
def lab():
    """Make a searcher on a small problem."""
    return Lab


@pytest.fixture
def mixed():
    """A space of every kind of parameter."""
    return labs.MIXED


@pytest.fixture
def conditional():
    """A space in which branches have parameters and branches of their own."""
    return CONDITIONAL
