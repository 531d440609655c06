"""Flat configurations as points of the unit cube, and as what a Gaussian process compares; pure.

A number is at its position in the unit interval, and so is an option: in the middle of its share.
To the model an option is a column of its own, 1 where it is chosen, since options have no order.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from tunesmith.protocols import Config
from tunesmith.space import CategoricalParameter as Categories
from tunesmith.space import Cube, NormalParameter, OrdinalParameter, Space, Tunable

Array = npt.NDArray[np.float64]


class Layout:
    """The axes of a space: `steps` are how many values each has, 0 for a continuum."""

    def __init__(self, space: Space) -> None:
        self._cube = Cube(space)
        parameters = self._cube.parameters
        self.steps = np.array([_steps(p) for p in parameters], int)
        self.is_label = np.array([isinstance(p, Categories) for p in parameters], bool)

    def encode(self, config: Mapping[str, Any]) -> Array:
        """Return the point of a flat configuration; `SpaceError` if it is none of the space."""
        return np.array(self._cube.encode(config))

    def decode(self, point: Iterable[float]) -> Config:
        """Return the flat configuration at a point."""
        return self._cube.decode(point)

    def snap(self, points: Array) -> Array:
        """Return the points at which the values that are meant would be encoded."""
        steps = np.maximum(self.steps, 1)
        middle = (np.minimum(np.floor(points * steps), steps - 1) + 0.5) / steps
        return np.where(self.steps > 0, middle, points)

    def features(self, points: Array) -> Array:
        """Return the numbers, in their order, and then a column for each option."""
        columns = [points[:, ~self.is_label]]
        for axis in np.flatnonzero(self.is_label):
            chosen = np.floor(points[:, axis] * self.steps[axis]).astype(int)
            columns.append(np.eye(self.steps[axis])[chosen])
        return np.hstack(columns)


def _steps(parameter: Tunable) -> int:
    """Return how many evenly spaced values a parameter has; 0 if they are not, or no such."""
    if isinstance(parameter, Categories | OrdinalParameter):
        return len(parameter.options)
    if isinstance(parameter, NormalParameter) or parameter.log or parameter.step is None:
        return 0
    return round((parameter.high - parameter.low) / parameter.step) + 1
