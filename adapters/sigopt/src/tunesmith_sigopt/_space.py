"""A flat tunesmith space as SigOpt's parameters, and values back and forth; pure.

Options stand as the texts of their positions. A parameter that is inactive has its last value
inside SigOpt, which is what SigOpt itself puts there, and is left out of configurations.
"""

from collections.abc import Mapping
from typing import Any

from tunesmith.errors import CapabilityError
from tunesmith.protocols import Config
from tunesmith.space import CategoricalParameter, FloatParameter, IntParameter, Space, Tunable

Assignments = dict[str, Any]


class Layout:
    """The parameters of a space; `records` are what SigOpt makes an experiment of."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self._names = {f"p{number}": p for number, p in enumerate(space.tunable)}
        self.records = [_record(f"p{number}", p) for number, p in enumerate(space.parameters)]

    def encode(self, config: Config) -> Assignments:
        """Return SigOpt's values of a flat configuration; `SpaceError` if it is none."""
        flat = self._space.validate(config)
        return {name: _shown(p, flat.get(p.path, _last(p))) for name, p in self._names.items()}

    def decode(self, assignments: Mapping[str, Any]) -> Config:
        """Return the flat configuration of SigOpt's values."""
        flat: Config = {}
        for name, p in self._names.items():
            if all(c.path in flat and flat[c.path] in c.options for c in p.when):
                flat[p.path] = _value(p, assignments[name])
        return dict(self._space.validate(flat))


def _record(name: str, p: Tunable | Any) -> dict[str, Any]:
    match p:
        case CategoricalParameter():
            texts = [str(position) for position in range(len(p.options))]
            return {"name": name, "type": "categorical", "categorical_values": texts}
        case FloatParameter(step=None):
            log = {"transformation": "log"} if p.log else {}
            return {"name": name, "type": "double", "bounds": {"min": p.low, "max": p.high}} | log
        case IntParameter(step=1, log=False):
            return {"name": name, "type": "int", "bounds": {"min": p.low, "max": p.high}}
        case IntParameter(step=1):
            bounds = {"min": p.low - 0.5, "max": p.high + 0.5}
            return {"name": name, "type": "double", "bounds": bounds, "transformation": "log"}
    raise CapabilityError(f"SigOpt cannot search {p.path!r}: {p!r}; translate the space first")


def _last(p: Any) -> Any:
    return p.options[-1] if isinstance(p, CategoricalParameter) else p.high


def _shown(p: Tunable, value: Any) -> Any:
    if isinstance(p, CategoricalParameter):
        return str(p.options.index(value))
    # A whole number on a log scale is a real one to SigOpt.
    return value if isinstance(p, IntParameter) and not p.log else float(value)


def _value(p: Any, found: Any) -> Any:
    if isinstance(p, CategoricalParameter):
        return p.options[int(found)]
    inside = min(max(found, p.low), p.high)
    return round(inside) if isinstance(p, IntParameter) else float(inside)
