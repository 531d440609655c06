"""Problems to search, and a small driver of a searcher."""

import math
import sys
from typing import ClassVar

import pytest

import tunesmith.space as ts
from tunesmith.testing import labs

MIXED = {
    "x": ts.uniform(-1, 1),
    "lr": ts.loguniform(1e-4, 1),
    "n": ts.randint(1, 9),
    "batch": ts.lograndint(8, 257),
    "act": ts.choice(["relu", None, 3.5]),
    "width": ts.ordinal([16, 32, 64]),
}


class Lab(labs.Lab):
    """With an optimum at .3 and .01, and at None."""

    name = "hebo"
    space: ClassVar = {"x": MIXED["x"], "lr": MIXED["lr"]}

    def losses(self, config):
        return [loss(config), abs(config.get("x", 0.3) + 0.3)][: len(self.problem.objectives)]

    def known(self):
        """Return the losses that the library has before its next suggestion."""
        self.searcher._recall()
        return self.searcher._hebo.y.ravel().tolist()


def loss(config):
    """Return how bad a configuration is."""
    return (
        (config.get("x", 0.3) - 0.3) ** 2
        + (math.log10(config.get("lr", 0.01)) + 2) ** 2 / 4
        + (config.get("act") is not None) / 2
    )


@pytest.fixture
def lab():
    """Make a searcher on a small problem."""
    return Lab


@pytest.fixture
def mixed():
    """A space of every kind of parameter."""
    return MIXED


@pytest.fixture
def score():
    """The loss of a flat configuration."""
    return loss


@pytest.fixture(autouse=True)
def brief(request, monkeypatch):
    """Have HEBO maximise its acquisitions for three generations instead of a hundred.

    What is ours is the same; tests marked slow let it do as it likes.
    """
    if "slow" in request.keywords:
        return

    from tunesmith_hebo.searcher import HEBO, GeneralBO

    whole = sys.modules[HEBO.__module__].EvolutionOpt

    def short(space, acquisition, **options):
        return whole(space, acquisition, **{**options, "pop": 10, "iters": 3})

    for one in (HEBO, GeneralBO):
        monkeypatch.setattr(sys.modules[one.__module__], "EvolutionOpt", short)
