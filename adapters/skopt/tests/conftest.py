"""Problems to search, and a small driver of a searcher."""

from typing import ClassVar

import pytest
from skopt.learning import GaussianProcessRegressor
from skopt.learning.gaussian_process.kernels import Matern

import tunesmith.space as ts
from tunesmith.testing import labs

REAL = {"x": ts.uniform(-1, 1), "lr": ts.loguniform(1e-4, 1)}
MIXED = {
    "x": ts.uniform(-1, 1),
    "width": ts.lograndint(16, 1025),
    "act": ts.choice(["relu", "tanh", None]),
    "size": ts.choice([1, "two"]),
}


class Lab(labs.Lab):
    """With a Gaussian process whose kernel is not searched for: a fit then takes milliseconds.

    Its optimum is at x = .3, not at `tanh`, at a small width or rate.
    """

    name = "skopt"
    space = REAL
    options: ClassVar = {
        "base_estimator": GaussianProcessRegressor(
            Matern(0.3, nu=2.5), alpha=1e-6, optimizer=None, normalize_y=True
        ),
        "acq_func": "EI",
        "acq_optimizer": "sampling",
        "acq_optimizer_kwargs": {"n_points": 500},
    }

    @staticmethod
    def loss(config):
        worse = 0.5 * (config.get("act") == "tanh") + config.get("width", 0) / 1000
        return (config.get("x", 0.3) - 0.3) ** 2 + worse + config.get("lr", 0) / 10

    def losses(self, config):
        return [self.loss(config)]


@pytest.fixture
def lab():
    """Make a searcher on a small problem."""
    return Lab


@pytest.fixture
def mixed():
    """A space of every kind of parameter that the library has."""
    return MIXED


@pytest.fixture
def fits(monkeypatch):
    """What the optimizer was told at each fit: its points and their values."""
    import skopt

    told = []
    tell = skopt.Optimizer.tell

    def listen(self, x, y, fit=True):
        result = tell(self, x, y, fit)
        told.append((list(self.Xi), list(self.yi)))
        return result

    monkeypatch.setattr(skopt.Optimizer, "tell", listen)
    return told
