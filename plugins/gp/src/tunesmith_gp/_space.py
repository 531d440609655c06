"""Points of the unit cube as features of a model; pure.

A number or an ordinal is one feature, a category one per option, so that any two options are a
distance of 1 apart. What is inactive has all its features 0.
"""

import numpy as np
import numpy.typing as npt

from tunesmith.space import CategoricalParameter, Cube, OrdinalParameter, Space

Array = npt.NDArray[np.float64]


class Features:
    """What a model sees of the points of a cube; `owners` says whose each feature is.

    `counts` has 0 for numbers and ordinals, else how many options a category has.
    """

    def __init__(self, space: Space) -> None:
        self._parameters = Cube(space).parameters
        self._options = [
            p.options if isinstance(p, CategoricalParameter | OrdinalParameter) else ()
            for p in self._parameters
        ]
        counts = [
            len(p.options) if isinstance(p, CategoricalParameter) else 0 for p in self._parameters
        ]
        self.counts = np.array(counts, dtype=np.intp)
        self.owners = np.repeat(np.arange(len(counts)), np.maximum(self.counts, 1))
        self._index = {p.path: i for i, p in enumerate(self._parameters)}

    def __call__(self, points: Array) -> Array:
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
