"""Problems to search, and a small driver of a searcher."""

from typing import ClassVar

import pytest

import tunesmith.space as ts
from tunesmith.testing import labs

REAL = {"x": ts.uniform(-1, 1), "lr": ts.loguniform(1e-4, 1)}
MIXED = {
    "x": ts.uniform(-1, 1),
    "n": ts.randint(1, 9),
    "act": ts.choice(["relu", "tanh", None]),
    "size": ts.choice([1, 2]),
}


class Lab(labs.Lab):
    """With a coarse search for the greatest acquisition and for the kernel's parameters."""

    name = "bayesopt"
    space = REAL
    options: ClassVar = {"n_random": 500, "n_smart": 0, "n_restarts_optimizer": 0}

    @staticmethod
    def loss(config):
        """Return a loss with its optimum at x = .3, other numbers small, not at `tanh`."""
        numbers = [v for k, v in config.items() if isinstance(v, int | float) and k != "x"]
        worse = 0.5 * (config.get("act") == "tanh")
        return (config.get("x", 0.3) - 0.3) ** 2 + worse + sum(abs(v) for v in numbers) / 100

    def losses(self, config):
        return [self.loss(config)]


@pytest.fixture
def lab():
    """Make a searcher on a small problem."""
    return Lab


@pytest.fixture
def mixed():
    """A space with parameters of every kind that the library has."""
    return MIXED
