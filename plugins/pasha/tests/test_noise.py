"""The soft ranking and its ε, by hand and by definition."""

from itertools import combinations
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunesmith_pasha.noise import crossing_gap, keeps_order, upper_decile


def curve(*values):
    """Return the curve that reports these at 1, 2, ….

    Values keep their order.
    """
    return dict(enumerate(map(float, values), 1))


@pytest.mark.parametrize(
    ("one", "other", "gap"),
    [
        (curve(5, 1, 5), curve(3, 3, 3), 2.0),  # above, below, above
        (curve(5, 1, 1), curve(3, 3, 3), None),  # crossed once
        (curve(5, 3, 1, 3, 4), curve(3, 3, 3, 3, 3), 1.0),  # ties are no order
        (curve(1, 1, 1), curve(1, 1, 1), None),
        (curve(5, 1, 5, 9), curve(3, 3, 3), 2.0),  # compared where both have reported
        ({1.0: 5.0, 3.0: 1.0, 9.0: 5.0}, curve(3, 3, 3), None),  # two in common only
        (curve(5, 1, inf), curve(3, 3, 3), None),  # no distance
        (curve(5, inf, 2), curve(6, 3, 3), 1.0),
        ({}, curve(1, 2), None),
    ],
)
def test_noise_is_the_distance_of_curves_that_cross_and_cross_back(one, other, gap):
    """Section 4.2: only pairs whose order changes twice or more say how large the noise is."""
    assert crossing_gap(one, other) == crossing_gap(other, one) == gap


VALUES = st.lists(st.integers(0, 3), max_size=6)


@given(VALUES, VALUES)
def test_crossing_equals_its_definition(one, other):
    """There are three resources at which the order is one way, the other, and the first again."""
    size = min(len(one), len(other))
    signs = [(a > b) - (a < b) for a, b in zip(one, other, strict=False)]
    crosses = any(
        signs[i] and signs[i] == -signs[j] == signs[k] for i, j, k in combinations(range(size), 3)
    )
    gap = crossing_gap(curve(*one), curve(*other))
    assert gap == (abs(one[size - 1] - other[size - 1]) if crosses else None)


@pytest.mark.parametrize(
    ("gaps", "epsilon"),
    [([2.0], 2.0), ([1.0, 2.0], 1.9), ([5, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11], 10.0)],
)
def test_epsilon_is_the_ninetieth_percentile(gaps, epsilon):
    """Linear interpolation between the neighbouring values, as is usual."""
    assert upper_decile(gaps) == pytest.approx(epsilon)


@pytest.mark.parametrize(
    ("before", "epsilon", "keeps"),
    [
        ([], 0.0, True),
        ([1.0], 0.0, True),
        ([1.0, 2.0, 3.0], 0.0, True),
        ([2.0, 1.0, 3.0], 0.0, False),
        ([2.0, 1.0, 3.0], 1.0, True),
        ([3.0, 2.0, 1.0], 1.0, False),
        ([1.0, 1.0, 1.0], 0.0, True),
        ([-inf, 1.0, inf, inf], 0.0, True),
        ([inf, 1.0], 5.0, False),
    ],
)
def test_a_soft_ranking_forgives_exchanges_within_epsilon(before, epsilon, keeps):
    """Section 4.1: each place must be held by one within ε of the one that should hold it."""
    assert keeps_order(before, epsilon) is keeps


@given(st.lists(st.integers(0, 9), max_size=8), st.integers(0, 3))
def test_soft_rankings_equal_those_with_groups_spelled_out(before, epsilon):
    """Each trial's group is all within ε of it; the new order must respect the groups."""
    old = sorted(range(len(before)), key=lambda trial: before[trial])
    groups = [{t for t in old if abs(before[t] - before[holder]) <= epsilon} for holder in old]
    fits = all(trial in group for trial, group in enumerate(groups))
    assert keeps_order(before, epsilon) is fits
