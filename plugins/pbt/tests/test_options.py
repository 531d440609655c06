"""What the factory accepts."""

from math import inf, nan
from random import Random

import pytest

import tunesmith_pbt
from tunesmith.errors import UsageError
from tunesmith.protocols import Objective, Problem
from tunesmith.space import parse_space, uniform
from tunesmith_pbt.factory import pbt


def problem(**changes):
    """Make a problem of ten trials."""
    given = {
        "space": parse_space({"lr": uniform(0, 1)}),
        "objectives": (Objective("loss", "min"),),
        "seeds": Random,
        "num_samples": 10,
    }
    return Problem(**{**given, **changes})


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"interval": 0}, ["interval=0", "positive"]),
        ({"interval": nan}, ["interval=nan"]),
        ({"burn_in": -1}, ["burn_in=-1"]),
        ({"population_size": 0}, ["population_size=0", "two members"]),
        ({"population_size": 1}, ["population_size=1", "two members"]),
        ({"selection": "roulette"}, ["selection='roulette'", "'truncation' or 'tournament'"]),
        ({"quantile": 0.6}, ["quantile=0.6", "at most 0.5"]),
        ({"quantile": 0}, ["quantile=0"]),
        ({"quorum": 1.5}, ["quorum=1.5"]),
        ({"replace": "clone"}, ["replace='clone'", "'fork' or 'restart'"]),
        ({"max_resource": 0}, ["max_resource=0"]),
        ({"explore": "jump"}, ["explore='jump'", "'perturb', 'noise' or a function"]),
        ({"explore": None}, ["explore=None"]),
        ({"factors": ()}, ["factors=()"]),
        ({"factors": (0.8, inf)}, ["factors=(0.8, inf)"]),
        ({"noise": 0}, ["noise=0"]),
        ({"resample_probability": 2}, ["resample_probability=2"]),
        ({"mutate": "rate"}, ["'rate'", "lr"]),
    ],
)
def test_impossible_options_are_refused_with_their_values(options, words):
    """An option out of range is a UsageError that quotes it and says what would do."""
    with pytest.raises(UsageError) as caught:
        pbt(problem(), **options)
    for word in words:
        assert word in str(caught.value)


def test_a_population_has_a_size():
    """Without population_size it is num_samples; without both there is none."""
    with pytest.raises(UsageError, match="population_size=None of pbt means num_samples"):
        pbt(problem(num_samples=None))
    with pytest.raises(UsageError, match="num_samples=1 is too small"):
        pbt(problem(num_samples=1))


def test_the_package_offers_its_factories_lazily():
    """`tunesmith_pbt.pbt` is the factory; other names are AttributeErrors."""
    assert tunesmith_pbt.pbt is pbt
    assert callable(tunesmith_pbt.pbt_replay)
    with pytest.raises(AttributeError, match="no attribute 'pb3'"):
        _ = tunesmith_pbt.pb3
