"""A flat tunesmith space as Dragonfly's domain, and values back and forth; pure.

A real number is shown as its position in [0, 1], an option as the text of its position. A whole one
is its distance from the first, with room for one more: Dragonfly cuts random numbers off to whole
ones, so that the last of a range would never be drawn.
"""

from collections.abc import Sequence
from typing import Any

from tunesmith.errors import CapabilityError
from tunesmith.protocols import Config
from tunesmith.space import (
    CategoricalParameter,
    FloatParameter,
    IntParameter,
    Space,
    Tunable,
    from_unit,
    to_unit,
)

Point = list[Any]


class Layout:
    """The parameters of a space; `domain` is what Dragonfly's `load_config` takes."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self.domain = [_entry(p, f"p{number}") for number, p in enumerate(space.parameters)]

    def encode(self, config: Config) -> Point:
        """Return the point of a flat configuration; `SpaceError` if it is none of the space."""
        flat = self._space.validate(config)
        return [_shown(p, flat[p.path]) for p in self._space.tunable]

    def decode(self, point: Sequence[Any]) -> Config:
        """Return the flat configuration of a point."""
        pairs = zip(self._space.tunable, point, strict=True)
        return dict(self._space.validate({p.path: _value(p, found) for p, found in pairs}))


def _entry(p: Tunable | Any, name: str) -> dict[str, Any]:
    match p:
        case CategoricalParameter():
            items = [str(position) for position in range(len(p.options))]
            return {"name": name, "type": "discrete", "items": items}
        case FloatParameter(log=False, step=None, when=()):
            return {"name": name, "type": "float", "min": 0.0, "max": 1.0}
        case IntParameter(log=False, step=1, when=()):
            return {"name": name, "type": "int", "min": 0, "max": p.high - p.low + 1}
    raise CapabilityError(f"Dragonfly cannot search {p.path!r}: {p!r}; translate the space first")


def _shown(p: Tunable, value: Any) -> Any:
    if isinstance(p, CategoricalParameter):
        return str(p.options.index(value))
    return value - p.low if isinstance(p, IntParameter) else to_unit(p, value)


def _value(p: Tunable, found: Any) -> Any:
    if isinstance(p, CategoricalParameter):
        return p.options[int(found)]
    if isinstance(p, IntParameter):
        return min(p.low + max(round(found), 0), p.high)
    return from_unit(p, min(max(float(found), 0.0), 1.0))
