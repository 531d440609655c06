"""Flat configurations as rows of numbers and back; pure.

A numeric or ordinal parameter is its position in [0, 1], a categorical one the index of its
option; what is inactive is NaN.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tunesmith.protocols import Config
from tunesmith.space import CategoricalParameter, Space, Tunable, from_unit, to_unit

Array = npt.NDArray[np.float64]


class Table:
    """The columns of a space, parents first; `counts` has 0 for numbers, else how many options."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self._parameters = space.tunable
        self.counts = tuple(
            len(p.options) if isinstance(p, CategoricalParameter) else 0 for p in self._parameters
        )

    def encode(self, config: Mapping[str, Any]) -> Array:
        """Return the row of a flat configuration; `SpaceError` if it is none of the space."""
        flat = self._space.validate(config)
        places = (_place(p, flat[p.path]) if p.path in flat else math.nan for p in self._parameters)
        return np.fromiter(places, float, len(self._parameters))

    def decode(self, row: Sequence[float] | Array) -> Config:
        """Return the flat configuration of a row; what is inactive is left out."""
        flat: Config = {}
        for parameter, place in zip(self._parameters, row, strict=True):
            if all(c.path in flat and flat[c.path] in c.options for c in parameter.when):
                if isinstance(parameter, CategoricalParameter):
                    flat[parameter.path] = parameter.options[int(place)]
                else:
                    flat[parameter.path] = from_unit(parameter, float(place))
        return flat

    def draw(self, rng: np.random.Generator, count: int) -> Array:
        """Return `count` random rows, inactive parameters included."""
        scale = np.maximum(self.counts, 1)
        rows: Array = rng.random((count, len(scale))) * scale
        return np.where(np.array(self.counts) > 0, np.floor(rows), rows)


def _place(parameter: Tunable, value: Any) -> float:
    if isinstance(parameter, CategoricalParameter):
        return float(parameter.options.index(value))
    return to_unit(parameter, value)
