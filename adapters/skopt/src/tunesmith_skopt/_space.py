"""A flat tunesmith space as scikit-optimize's dimensions, and configurations as points; pure."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tunesmith.errors import CapabilityError
from tunesmith.protocols import Config
from tunesmith.space import CategoricalParameter, FloatParameter, IntParameter, Space, Tunable

Point = list[float]


class Dimension(NamedTuple):
    """One parameter: the name of its class in `skopt.space`, and the arguments of that.

    An option of `options` is shown as its position, so that options of any type come back whole.
    """

    path: str
    kind: str
    arguments: dict[str, Any]
    options: tuple[Any, ...] = ()


class Axes:
    """The dimensions of a space of reals, integers and categories, in their order."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self.dimensions: tuple[Dimension, ...] = tuple(map(_dimension, space.tunable))

    def encode(self, config: Mapping[str, Any]) -> Point:
        """Return the point of a flat configuration; `SpaceError` if it is none of the space."""
        flat: Any = self._space.validate(config)
        return [
            d.options.index(flat[d.path]) if d.options else flat[d.path] for d in self.dimensions
        ]

    def decode(self, point: Sequence[Any]) -> Config:
        """Return the flat configuration at a point."""
        shown = zip(self.dimensions, point, strict=True)
        flat = {d.path: d.options[int(x)] if d.options else x for d, x in shown}
        return dict(self._space.validate(flat))


def _dimension(p: Tunable) -> Dimension:
    if isinstance(p, CategoricalParameter):
        return Dimension(p.path, "Categorical", {"categories": range(len(p.options))}, p.options)
    if not isinstance(p, FloatParameter | IntParameter) or p.step not in (None, 1) or p.when:
        raise CapabilityError(f"skopt cannot search {p.path!r}: {p!r}; translate the space first")
    arguments = {
        "low": p.low,
        "high": p.high,
        "prior": "log-uniform" if p.log else "uniform",
        # For all models, not only the Gaussian process: without it the library clips integers on
        # a log scale to the bounds of the numbers themselves, and only suggests the highest.
        "transform": "normalize",
    }
    if isinstance(p, FloatParameter):
        return Dimension(p.path, "Real", arguments)
    return Dimension(p.path, "Integer", {**arguments, "dtype": int})
