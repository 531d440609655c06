"""Problems to search, and a small driver of a searcher."""

import math

import pytest

import tunesmith.space as ts
from tunesmith.testing import labs

REAL = {"x": ts.uniform(-1, 1), "y": ts.uniform(-1, 1), "lr": ts.loguniform(1e-4, 1)}
MIXED = {
    "x": ts.uniform(-1, 1),
    "lr": ts.loguniform(1e-4, 1),
    "n": ts.randint(1, 9),
    "act": ts.choice(["relu", "tanh", "gelu"]),
    "width": ts.ordinal([16, 32, 64]),
    "shift": ts.randn(0, 1),
}
CONDITIONAL = {
    "optimizer": ts.choice(
        [{"name": "sgd", "x": ts.uniform(-1, 1)}, {"name": "adam", "beta": ts.uniform(0, 1)}]
    ),
    "act": ts.choice(["relu", "gelu"]),
}


class Told(list):
    """What an optimizer was told: it calls this with each point."""

    def __call__(self, optimizer, point, loss):
        self.append(point)


class Lab(labs.Lab):
    """Notes what the optimizer is told; `values` are the losses where not the usual ones."""

    name = "nevergrad"
    space = REAL

    def __init__(self, space=None, *, budget=150, **options):
        super().__init__(space, budget=budget, **options)
        self.told = Told()
        self.optimizer.register_callback("tell", self.told)

    def losses(self, config):
        return [loss(config)]

    @property
    def optimizer(self):
        return self.searcher._optimizer


def loss(config):
    """Have the optimum at .3 for reals, at .1 for a rate, at 3 for n and at "gelu"."""
    names = ("x", "y", "shift", "optimizer/x")
    reals = sum((config[name] - 0.3) ** 2 for name in names if name in config)
    rate = math.log10(config.get("lr", 0.1)) + 1
    other = abs(config.get("n", 3) - 3) / 8 + (config.get("act", "gelu") != "gelu") / 2
    return reals + rate**2 / 4 + other


@pytest.fixture
def lab():
    """Make a searcher on a small problem."""
    return Lab


@pytest.fixture
def spaces():
    """Spaces of real numbers, of every kind of parameter, and with a condition."""
    return {"real": REAL, "mixed": MIXED, "conditional": CONDITIONAL}


@pytest.fixture
def score():
    """The loss of a flat configuration."""
    return loss
