"""The multiples of a step between two ends, as exact decimal-looking numbers."""

import math

import msgspec

from tunesmith.space.error import SpaceError

LIMIT = 2**53
"""Integers up to here are exact as floats, which every searcher computes with."""

SLACK = 1e-9
"""How far, relative to its size, a float may be from the number that it stands for."""


class Lattice(msgspec.Struct, frozen=True):
    """The numbers `k * step` for `k` from `first` to `last`.

    Floats are rounded to the decimals that `step` is written with: 3 * 0.1 is 0.3 here.
    """

    step: float
    first: int
    last: int
    decimals: int | None

    @property
    def count(self) -> int:
        """Return how many numbers there are."""
        return self.last - self.first + 1

    def value(self, k: int) -> float:
        """Return the k-th multiple, an int where the step is one."""
        return k * self.step if self.decimals is None else round(k * self.step, self.decimals)

    def nearest(self, number: float) -> int:
        """Return the `k` whose multiple is nearest to `number`, kept between the ends."""
        return round(min(max(number / self.step, self.first), self.last))

    def index(self, number: float) -> int | None:
        """Return the `k` whose multiple is `number` up to float rounding, or None."""
        k = self.nearest(number)
        # Capped, so that among large numbers a wrong multiple is never near enough.
        slack = min(SLACK * max(abs(number), self.step), 1e-3 * self.step)
        return k if abs(number - self.value(k)) <= slack else None


def lattice(low: float, high: float, step: float) -> Lattice:
    """Return the multiples of `step` within [low, high]; `count` is 0 where there are none.

    Raises:
        SpaceError: a bound is more than 2**53 steps from 0.
    """
    if max(abs(low / step), abs(high / step)) > LIMIT:
        raise SpaceError(
            f"bounds {low!r} and {high!r} are more than 2**53 times the step {step!r}, which "
            "floats cannot count; make the step larger"
        )
    return Lattice(
        step=step,
        first=math.ceil(low / step - SLACK),
        last=math.floor(high / step + SLACK),
        decimals=None if isinstance(step, int) else _decimals(step),
    )


def endless(step: float) -> Lattice:
    """Return the multiples of `step` on both sides of 0, as far as floats can tell them apart."""
    return Lattice(step=step, first=-LIMIT, last=LIMIT, decimals=_decimals(step))


def _decimals(number: float) -> int:
    mantissa, _, exponent = repr(number).partition("e")
    fraction = mantissa.partition(".")[2].rstrip("0")
    return max(0, len(fraction) - int(exponent or 0))
