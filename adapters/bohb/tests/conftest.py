"""Problems to search, and a small driver of a searcher."""

import pytest

import tunesmith.space as ts
from tunesmith.testing import labs

CONDITIONAL = {
    "lr": ts.loguniform(1e-4, 1),
    "optimizer": ts.choice(
        [{"name": "sgd", "momentum": ts.uniform(0, 1)}, {"name": "adam", "beta": ts.uniform(0, 1)}]
    ),
    "act": ts.choice(["relu", "tanh", "gelu"]),
    "width": ts.ordinal([16, 32, 64]),
    "shift": ts.randn(0, 1),
}


class Lab(labs.Lab):
    """With an optimum at .3 everywhere, and at the option that comes last."""

    name = "bohb"

    def losses(self, config):
        return [super().losses(config)[0] + (config.get("act") != "gelu")]


@pytest.fixture
def lab():
    """Make a searcher on a small problem."""
    return Lab


@pytest.fixture
def conditional():
    """A space of every kind of parameter, in which either `momentum` or `beta` exists."""
    return CONDITIONAL
