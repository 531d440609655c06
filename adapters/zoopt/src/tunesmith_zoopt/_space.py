"""A flat space as ZOOpt's dimensions, and configurations as its vectors; pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from tunesmith.errors import CapabilityError
from tunesmith.protocols import Config
from tunesmith.space import CategoricalParameter, FloatParameter, IntParameter, Space

Vector = tuple[float, ...]


class Layout:
    """What ZOOpt's `Dimension` takes, one entry for each parameter: real ones are `continuous`.

    Whole numbers are `ordered`. A choice is the position of its option, without an order.
    """

    def __init__(self, space: Space) -> None:
        self._space = space
        self.regions: list[list[float]] = []
        self.continuous: list[bool] = []
        self.ordered: list[bool] = []
        for p in space.tunable:
            if isinstance(p, CategoricalParameter):
                self.regions.append([0, len(p.options) - 1])
            elif isinstance(p, FloatParameter | IntParameter) and not p.log and p.step in (None, 1):
                self.regions.append([p.low, p.high])
            else:
                raise CapabilityError(f"ZOOpt cannot search {p!r}; translate the space first")
            self.continuous.append(isinstance(p, FloatParameter))
            self.ordered.append(not isinstance(p, CategoricalParameter))

    def encode(self, config: Mapping[str, Any]) -> Vector:
        """Return the vector of a flat configuration; `SpaceError` if it is none of the space."""
        flat: Mapping[str, Any] = self._space.validate(config)
        return tuple(
            p.options.index(flat[p.path]) if isinstance(p, CategoricalParameter) else flat[p.path]
            for p in self._space.tunable
        )

    def decode(self, vector: Sequence[float]) -> Config:
        """Return the flat configuration of a vector."""
        flat = {
            p.path: p.options[int(value)] if isinstance(p, CategoricalParameter) else value
            for p, value in zip(self._space.tunable, vector, strict=True)
        }
        return dict(self._space.validate(flat))
