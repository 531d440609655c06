"""Flat configurations as what CMA-ES sees, and back; pure.

A number is at its position in the unit interval, so that one step size fits all. A parameter with
few values is a *level* of the vector, one with more a real number that is rounded; of two values,
or of categories, each is an option.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tunesmith.protocols import Config
from tunesmith.space import (
    CategoricalParameter,
    Cube,
    IntParameter,
    NormalParameter,
    OrdinalParameter,
    Space,
    Tunable,
    to_unit,
)

Array = npt.NDArray[Any]

# Beyond so many values neighbours are as good as the same.
MOST_LEVELS = 1000


class Point(NamedTuple):
    """The numbers of a configuration, reals before levels, and its options, one of each row."""

    numbers: Array
    options: Array


class Layout:
    """Which parameter is where: `levels` has the positions of each, `counts` how many options."""

    def __init__(self, space: Space) -> None:
        self._cube = Cube(space)
        reals, levels, options = list[int](), list[int](), list[int]()
        self.levels, self.counts = list[list[float]](), list[int]()
        for axis, parameter in enumerate(self._cube.parameters):
            count = _count(parameter)
            if count and (count == 2 or isinstance(parameter, CategoricalParameter)):
                options.append(axis)
                self.counts.append(count)
            elif count and count <= MOST_LEVELS:
                levels.append(axis)
                self.levels.append(_positions(parameter, count))
            else:
                reals.append(axis)
        self.reals = len(reals)
        self.none = np.empty(0)
        self._borders = [np.convolve(row, (0.5, 0.5), "valid") for row in self.levels]
        self._numbers, self._options = np.array(reals + levels, int), np.array(options, int)
        # Where each axis of the cube is found among numbers and then options.
        self._order = np.argsort(reals + levels + options).tolist()
        self._scale = np.array(self.counts)
        self._shape = (len(options), max(self.counts, default=0))

    def encode(self, config: Mapping[str, Any]) -> Point:
        """Return the point of a flat configuration; `SpaceError` if it is none of the space."""
        positions = np.array(self._cube.encode(config))
        chosen = np.zeros(self._shape, bool)
        indices = (positions[self._options] * self._scale).astype(int)
        chosen[np.arange(len(indices)), indices] = True
        return Point(positions[self._numbers], chosen)

    def decode(self, numbers: Iterable[float], options: Array) -> Config:
        """Return the flat configuration at a point; a list of numbers is faster than an array."""
        found = [*numbers]
        if self.counts:
            chosen = options.argmax(axis=1).tolist()
            found += [(i + 0.5) / count for i, count in zip(chosen, self.counts, strict=True)]
        return self._cube.decode([found[place] for place in self._order])

    def nearest(self, mean: Array, numbers: Array) -> Array:
        """Return the numbers nearest to `mean` that lead to the same levels as `numbers`."""
        moved = numbers.copy()
        for axis, borders in enumerate(self._borders, self.reals):
            place = np.searchsorted(borders, numbers[axis])
            low, high = [-np.inf, *borders, np.inf][place : place + 2]
            moved[axis] = min(max(mean[axis], low), high)
        return moved


def _count(parameter: Tunable) -> int | None:
    """Return how many values a parameter has, None if it is a continuum."""
    if isinstance(parameter, CategoricalParameter | OrdinalParameter):
        return len(parameter.options)
    if isinstance(parameter, NormalParameter) or parameter.step is None:
        return None
    return round((parameter.high - parameter.low) / parameter.step) + 1


def _positions(parameter: Tunable, count: int) -> list[float]:
    """Return where the values of a parameter are: evenly spaced, but for a logarithmic one."""
    if isinstance(parameter, IntParameter) and parameter.log:
        return [to_unit(parameter, parameter.low + k * parameter.step) for k in range(count)]
    return [(k + 0.5) / count for k in range(count)]
