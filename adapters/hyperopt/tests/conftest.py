"""Problems to search, and a small driver of a searcher."""

import pytest

import tunesmith.space as ts
from tunesmith.testing import labs

CONDITIONAL = {
    "lr": ts.loguniform(1e-4, 1),
    "optimizer": ts.choice(
        [
            {
                "name": "sgd",
                "momentum": ts.choice([{"kind": "plain", "m": ts.uniform(0, 1)}, {"kind": "none"}]),
            },
            {"name": "adam", "beta": ts.uniform(0, 1)},
        ]
    ),
    "act": ts.choice(["relu", "tanh", "gelu"]),
}


class Lab(labs.Lab):
    """With a look at what Hyperopt reads."""

    name = "hyperopt"

    def loss(self, config):
        return super().losses(config)[0] + (config.get("act", "gelu") != "gelu")

    def losses(self, config):
        return [self.loss(config)]

    def told(self):
        """Return what Hyperopt reads of each trial: its values and its result."""
        return [(d["misc"]["vals"], d["result"]) for d in self.searcher._trials.trials]


@pytest.fixture
def lab():
    """Make a searcher on a small problem."""
    return Lab


@pytest.fixture
def conditional():
    """A space in which a choice stands within a choice."""
    return CONDITIONAL
