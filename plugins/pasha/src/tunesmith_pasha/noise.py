"""How much the noise of training blurs a ranking: the ε of PASHA's soft ranking."""

from collections.abc import Sequence
from itertools import pairwise
from math import isfinite

Curve = dict[float, float]
"""What a trial reported: value by resource, in the order of reporting."""


def crossing_gap(one: Curve, other: Curve) -> float | None:
    """Return how far apart two curves end if they crossed at least twice, else None.

    After section 4.2 of arXiv 2207.06940: of two trials whose order changes and
    changes back, the difference means nothing. They are compared where both have reported.
    """
    common = [resource for resource in one if resource in other]
    signs = [one[r] > other[r] for r in common if one[r] != other[r]]
    if sum(before != after for before, after in pairwise(signs)) < 2:
        return None
    gap = abs(one[common[-1]] - other[common[-1]])
    return gap if isfinite(gap) else None


def upper_decile(gaps: Sequence[float]) -> float:
    """Return the 90th percentile, interpolated linearly."""
    ranked = sorted(gaps)
    place = 0.9 * (len(ranked) - 1)
    low = ranked[int(place)]
    return low + (place - int(place)) * (ranked[min(int(place) + 1, len(ranked) - 1)] - low)


def keeps_order(before: Sequence[float], epsilon: float) -> bool:
    """Whether values that are listed in a new order stand as they did, give or take `epsilon`.

    The soft ranking of section 4.1: at each place of the new order must be a trial whose old value
    is within `epsilon` of that of the trial which had the place in the old order.
    """
    return all(
        new == old or abs(new - old) <= epsilon
        for new, old in zip(before, sorted(before), strict=True)
    )
