"""Problems to search, and a small driver of a searcher."""

from typing import ClassVar

import pytest

import tunesmith.space as ts
from tunesmith.testing import labs

MIXED = {
    "x": ts.uniform(-1, 1),
    "lr": ts.loguniform(1e-4, 1),
    "n": ts.randint(1, 9),
    "batch": ts.lograndint(8, 257),
    "optimizer": ts.choice([{"name": "sgd", "y": ts.uniform(-1, 1)}, {"name": "adam"}]),
}


class Lab(labs.Lab):
    """With its optimum at .3, and with "adam"."""

    name = "sigopt"
    space: ClassVar = {"x": ts.uniform(-1, 1), "y": ts.uniform(-1, 1)}

    def losses(self, config):
        wrong = config.get("optimizer") == "sgd"
        one = sum((config.get(name, 0.3) - 0.3) ** 2 for name in ("x", "y")) + wrong / 2
        return [one, (config.get("x", 0) + 0.5) ** 2][: len(self.problem.objectives)]

    def told(self, metric="m0"):
        """Return the losses that the library has before its next suggestion; "-" is a failure."""
        self.searcher._recall()
        known = [one.metric_evaluations.get(metric) for one in self.searcher._broker.observations]
        return [one.value if one else "-" for one in known]


@pytest.fixture
def lab():
    """Make a searcher on a small problem."""
    return Lab


@pytest.fixture
def mixed():
    """A space of every kind of parameter."""
    return MIXED
