"""The trust region grows and shrinks as in the paper."""

import math

import pytest

from tunesmith_turbo._region import FIRST, MOST, Region

RULES = {"tolerance": 3, "patience": 4}


def test_improvements_in_a_row_double_it_up_to_a_limit():
    """Three successes: twice as long, and the count begins anew."""
    region = Region()
    for best, length in ((9, FIRST), (8, FIRST), (7, 2 * FIRST), (6, MOST), (5, MOST), (4, MOST)):
        region.learn(best - 1, best, **RULES)
        assert region.length == length


@pytest.mark.parametrize("loss", [math.inf, 1.0, 0.9995])
def test_failures_halve_it(loss):
    """A failed trial is one, and so is one that improves by less than a thousandth."""
    region = Region()
    for _ in range(4):
        assert region.length == FIRST
        region.learn(loss, 1.0, **RULES)
    assert region.length == FIRST / 2
    assert region.failures == 0


def test_a_success_ends_a_row_of_failures():
    """And the other way round."""
    region = Region()
    for loss in (2, 2, 2, 0, 2, 2, 2, 0):
        region.learn(loss, 1.0, **RULES)
    assert (region.length, region.successes, region.failures) == (FIRST, 1, 0)


def test_the_first_value_of_all_is_an_improvement():
    """Also when all trials before it have failed."""
    region = Region()
    region.learn(5.0, math.inf, **RULES)
    assert region.successes == 1
