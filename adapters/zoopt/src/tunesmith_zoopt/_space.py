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
        self._options = [(p.path, getattr(p, "options", ())) for p in space.tunable]
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
        return self.vector(self._space.validate(config))

    def vector(self, flat: Mapping[str, Any]) -> Vector:
        """Return the vector of a configuration that is known to be valid."""
        return tuple(
            options.index(flat[path]) if options else flat[path] for path, options in self._options
        )

    def decode(self, vector: Sequence[float]) -> Config:
        """Return the flat configuration of a vector."""
        shown = zip(self._options, vector, strict=True)
        flat = {path: options[int(x)] if options else x for (path, options), x in shown}
        return self._space.validate(flat)
