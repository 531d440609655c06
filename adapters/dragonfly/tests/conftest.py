"""Problems to search, and a small driver of a searcher."""

from typing import ClassVar

import pytest

import tunesmith.space as ts
from tunesmith.testing import labs

MIXED = {
    "x": ts.uniform(-1, 1),
    "y": ts.uniform(-1, 1),
    "n": ts.randint(1, 9),
    "act": ts.choice(["relu", None, 3.5]),
    "lr": ts.loguniform(1e-4, 1),
}
# Dragonfly is as slow as it is thorough.
BRIEF = {"gpb_hp_tune_criterion": "ml", "gpb_hp_tune_probs": "1.0", "acq_opt_max_evals": 60}


class Lab(labs.Lab):
    """With its optimum at .3, and at None; a brief search for each suggestion."""

    name = "dragonfly"
    space: ClassVar = {"x": MIXED["x"], "y": MIXED["y"]}

    def __init__(self, space=None, *, options=BRIEF, **others):
        super().__init__(space, options=options, **others)

    def losses(self, config):
        wrong = config.get("act") is not None
        return [sum((config.get(name, 0.3) - 0.3) ** 2 for name in ("x", "y")) + wrong / 2]


@pytest.fixture
def lab():
    """Make a searcher on a small problem."""
    return Lab


@pytest.fixture
def mixed():
    """A space of every kind of parameter."""
    return MIXED
