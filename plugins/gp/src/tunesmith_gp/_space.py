"""Flat configurations as points of the unit cube, and these as features of a model; pure.

Every parameter is one position in [0, 1]. A number or an ordinal is one feature, a category one per
option, so that any two options are a distance of 1 apart. What is inactive has all its features 0.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from tunesmith.protocols import Config
from tunesmith.space import CategoricalParameter, OrdinalParameter, Space, from_unit, to_unit

Array = npt.NDArray[np.float64]


class Cube:
    """The parameters of a space, parents first; `owners` says whose each feature is."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self._parameters = space.tunable
        self.size = len(self._parameters)
        self._options = [
            p.options if isinstance(p, CategoricalParameter | OrdinalParameter) else ()
            for p in self._parameters
        ]
        counts = [
            len(p.options) if isinstance(p, CategoricalParameter) else 0 for p in self._parameters
        ]
        self.counts = np.array(counts, dtype=np.intp)
        self.owners = np.repeat(np.arange(self.size), np.maximum(self.counts, 1))
        self._index = {p.path: i for i, p in enumerate(self._parameters)}

    def encode(self, config: Mapping[str, Any]) -> list[float]:
        """Return the point of a flat configuration; `SpaceError` if it is none of the space."""
        flat = self._space.validate(config)
        return [to_unit(p, flat[p.path]) if p.path in flat else 0.5 for p in self._parameters]

    def decode(self, point: Array) -> Config:
        """Return the flat configuration at a point; what is inactive is left out."""
        flat: Config = {}
        for parameter, position in zip(self._parameters, point, strict=True):
            if all(c.path in flat and flat[c.path] in c.options for c in parameter.when):
                flat[parameter.path] = from_unit(parameter, float(position))
        return flat

    def features(self, points: Array) -> Array:
        """Return one row of features per point."""
        active = np.ones(points.shape, dtype=bool)
        columns = []
        for i, parameter in enumerate(self._parameters):
            for condition in parameter.when:
                parent = self._index[condition.path]
                fits = np.array([option in condition.options for option in self._options[parent]])
                active[:, i] &= active[:, parent] & fits[self._chosen(points, parent)]
            if self.counts[i]:
                hot = self._chosen(points, i)[:, None] == np.arange(self.counts[i])
                columns.append(hot * active[:, i : i + 1] / np.sqrt(2))
            else:
                columns.append((points[:, i] * active[:, i])[:, None])
        return np.concatenate(columns, axis=1)

    def _chosen(self, points: Array, column: int) -> npt.NDArray[np.intp]:
        """Return which option of a parameter each point has."""
        count = len(self._options[column])
        return np.minimum((points[:, column] * count).astype(np.intp), count - 1)
