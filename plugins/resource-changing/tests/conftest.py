"""A problem whose trials hold resources."""

from random import Random

import pytest

from tunesmith.protocols import Objective, Problem, Resources
from tunesmith.space import parse_space, uniform


@pytest.fixture(scope="session")
def make_problem():
    """Make a problem with the given resources for each trial."""

    def make(bundle=None, **fields):
        return Problem(
            **{
                "space": parse_space({"lr": uniform(0, 1)}),
                "objectives": (Objective("loss", "min"),),
                "seeds": Random,
                "max_concurrent": 4,
                "num_samples": 8,
                "resources": Resources((bundle or {"cpu": 1.0},)),
                **fields,
            }
        )

    return make
