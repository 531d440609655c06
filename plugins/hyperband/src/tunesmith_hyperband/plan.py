"""The brackets of HyperBand: how many trials start where, and the rungs they climb."""

from math import ceil, inf

import msgspec

from tunesmith.errors import UsageError


class Shape(msgspec.Struct, frozen=True):
    """A bracket to be filled: how many trials it takes, and its rungs; the last is the end."""

    size: int
    levels: tuple[float, ...]


def plan(top: float, lowest: float, factor: float, count: int | None = None) -> tuple[Shape, ...]:
    """Lay out one round of brackets, from the one that stops most to the one that stops none.

    Algorithm 1 of arXiv 1603.06560 with R = `top` in units of `lowest`: for s = s_max, …, 0 a
    bracket takes ⌈(s_max + 1) η^s / (s + 1)⌉ trials, and its rungs lie at R η^-s, …, R/η, R.

    Raises:
        UsageError: the options fit no bracket.
    """
    if not 1 < factor < inf:
        raise UsageError(
            f"reduction_factor={factor!r} must be greater than 1: "
            "one trial in so many goes on at each rung; 3 and 4 are usual"
        )
    if not 0 < lowest <= top < inf:
        raise UsageError(
            f"grace_period={lowest!r} must be positive and at most max_resource={top!r}, which is "
            "the most that a trial gets: lower the one or raise the other"
        )
    levels = [float(top)]
    # A little below counts as equal, since 8.1 / 3**4 is not quite 0.1.
    while top / factor ** len(levels) >= lowest * (1 - 1e-9):
        levels.insert(0, top / factor ** len(levels))
    if count is not None and count not in range(1, len(levels) + 1):
        raise UsageError(
            f"brackets={count!r} must be between 1 and {len(levels)}, the number of rungs from "
            f"grace_period={lowest!r} up to max_resource={top!r}"
        )
    shapes = [
        Shape(ceil(len(levels) * factor**s / (s + 1)), tuple(levels[-1 - s :]))
        for s in reversed(range(len(levels)))
    ]
    return tuple(shapes[:count])
