"""A problem to search, and observations as the core makes them."""

from random import Random

import pytest

from tunesmith.protocols import Objective, Observation, Problem
from tunesmith.space import Vocabulary, choice, loguniform, parse_space, randint, translate, uniform

CONDITIONAL = {
    "lr": loguniform(1e-4, 1),
    "optimizer": choice([{"name": "sgd", "momentum": uniform(0, 1)}, {"name": "adam"}]),
    "width": randint(1, 65),
}


@pytest.fixture(scope="session")
def make_problem():
    """Make a problem with the given end, as a searcher that understands everything sees it."""

    def make(max_resource=9, space=None, seed=0):
        whole = parse_space(CONDITIONAL if space is None else space)
        names = Vocabulary.__struct_fields__
        return Problem(
            space=translate(whole, Vocabulary(**dict.fromkeys(names, True))).space,
            objectives=(Objective("loss", "min"),),
            seeds=lambda name: Random(f"{seed}/{name}"),
            max_resource=max_resource,
        )

    return make


@pytest.fixture(scope="session")
def tell():
    """Tell a searcher what a trial scored at a resource."""

    def tell(searcher, trial_id, config, score, resource, status="stopped"):
        values = () if score is None else (score,)
        searcher.observe(Observation(trial_id, config, values, resource, status))

    return tell
