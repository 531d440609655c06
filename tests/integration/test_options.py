"""Options of every installed algorithm, with values that they cannot have."""

import math
from random import Random

import pytest

from tunesmith.errors import UsageError
from tunesmith.plugins import default_registry, load_factory, resolve
from tunesmith.plugins.options import declared_options
from tunesmith.protocols import Objective, Problem
from tunesmith.space import parse_space, translate, uniform

WRONG = [-1, 0, -0.5, 2.5, math.nan, math.inf, True, "", "nope", [], [None], {}, {1: 2}, object()]
ALGORITHMS = [
    pytest.param(kind, one.spec.name, id=f"{kind}-{one.spec.name}")
    for kind in ("searcher", "scheduler")
    for one in default_registry().installed(kind)
]

RANDOM = default_registry().searcher("random")


def problem(vocabulary):
    """Return a small problem in the vocabulary of a searcher."""
    return Problem(
        space=translate(parse_space({"lr": uniform(0, 1)}), vocabulary).space,
        objectives=(Objective("loss", "min"),),
        seeds=Random,
        num_samples=4,
        max_resource=9,
    )


def cases(kind, name):
    """Yield each option with what can be given wrongly, and the algorithm with that."""
    spec = default_registry().find(kind, name).spec
    needed = {"path": "nowhere"} if name == "pbt-replay" else {}
    for option in declared_options(spec, load_factory(spec)):
        for value in WRONG:
            yield option, value, {"name": name, **needed, option: value}


def refusal(kind, definition):
    """Return the usage error that making the algorithm ends with, as text; "" if it is made."""
    spec = default_registry().find(kind, definition["name"]).spec
    vocabulary = (spec if kind == "searcher" else RANDOM).capabilities.vocabulary
    try:
        resolve(kind, definition).create(problem(vocabulary))
    except UsageError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(("kind", "name"), ALGORITHMS)
def test_what_an_option_cannot_be_is_refused_before_anything_runs(kind, name):
    """Whatever an option is given, the algorithm is made, or its user is told which option."""
    refused = 0
    for option, value, definition in cases(kind, name):
        said = refusal(kind, definition)
        refused += bool(said)
        assert not said or option in said or repr(value) in said or "no run" in said, said
    assert refused >= len(WRONG) // 2 or not list(cases(kind, name))
