"""A flat tunesmith space as the library's bounds, and values back and forth; pure.

Real numbers are shown as places between 0 and 1, whole numbers as they are, and options as labels:
the library would take a choice between two numbers for an interval.
"""

import math
from collections.abc import Mapping
from typing import Any

from tunesmith.errors import CapabilityError
from tunesmith.protocols import Config
from tunesmith.space import (
    CategoricalParameter,
    FloatParameter,
    IntParameter,
    Space,
    from_unit,
    to_unit,
)

Bounds = tuple[float, float] | tuple[int, int, type] | tuple[str, ...]


class Axes:
    """The library's view of a space of floats, integers and categories."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self.bounds: dict[str, Bounds] = {}
        # What counts as a distance of 1, for each of the library's dimensions.
        self.widths: list[float] = []
        # How many configurations there are.
        self.size: float = 1
        for p in space.parameters:
            if isinstance(p, FloatParameter):
                self._add(p.path, (0.0, 1.0), [1.0], math.inf)
            elif isinstance(p, IntParameter):
                self._add(p.path, (p.low, p.high, int), [p.high - p.low or 1], p.high - p.low + 1)
            elif isinstance(p, CategoricalParameter):
                count = len(p.options)
                self._add(p.path, tuple(f"option {i}" for i in range(count)), [1.0] * count, count)
            else:
                wrong = f"bayesian-optimization cannot search {p.path!r}: {p!r}"
                raise CapabilityError(f"{wrong}; translate the space first")

    def _add(self, path: str, bounds: Bounds, widths: list[float], size: float) -> None:
        self.bounds[path] = bounds
        self.widths += widths
        self.size *= size

    def encode(self, flat: Mapping[str, Any]) -> dict[str, Any]:
        """Return the library's parameters of a configuration; `SpaceError` if it is none."""
        params: dict[str, Any] = dict(self._space.validate(flat))
        for p in self._space.parameters:
            if isinstance(p, FloatParameter):
                params[p.path] = to_unit(p, params[p.path])
            elif isinstance(p, CategoricalParameter):
                params[p.path] = f"option {p.options.index(params[p.path])}"
        return params

    def decode(self, params: Mapping[str, Any]) -> Config:
        """Return the flat configuration of the library's parameters, in builtin types."""
        flat: dict[str, Any] = dict(params)
        for p in self._space.parameters:
            if isinstance(p, FloatParameter):
                flat[p.path] = from_unit(p, flat[p.path])
            elif isinstance(p, CategoricalParameter):
                flat[p.path] = p.options[int(flat[p.path].removeprefix("option "))]
        return dict(self._space.validate(flat))
