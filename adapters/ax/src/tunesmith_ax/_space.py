"""A flat tunesmith space as the arguments of Ax's parameters, and values back and forth; pure.

Real numbers are shown as places between 0 and 1, which is what Ax itself makes of them: it refuses
ranges narrower than .000015, a common one of learning rates. Options stand as labels, since Ax has
no None and no mixture of types. Parameters have short names, since paths may hold any character.
"""

from collections.abc import Mapping
from typing import Any

from tunesmith.errors import CapabilityError
from tunesmith.protocols import Config
from tunesmith.space import (
    CategoricalParameter,
    FloatParameter,
    IntParameter,
    Parameter,
    Space,
    from_unit,
    to_unit,
)


class Axes:
    """Ax's view of a space of floats, integers and categories, conditional or not."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self._named = {f"p{i}": p for i, p in enumerate(space.parameters)}
        # The keyword arguments of each parameter's configuration.
        self.columns = [self._column(name, p) for name, p in self._named.items()]

    def _column(self, name: str, p: Parameter) -> dict[str, Any]:
        column: dict[str, Any] = {"name": name}
        if isinstance(p, FloatParameter):
            return column | {"parameter_type": "float", "bounds": (0.0, 1.0)}
        if isinstance(p, IntParameter):
            scaling = "log" if p.log else "linear"
            return column | {"parameter_type": "int", "bounds": (p.low, p.high), "scaling": scaling}
        if not isinstance(p, CategoricalParameter):
            raise CapabilityError(f"Ax cannot search {p.path!r}: {p!r}; translate the space first")
        dependents: dict[str, list[str]] = {}
        for child_name, child in self._named.items():
            if child.when and child.when[-1].path == p.path:
                for option in child.when[-1].options:
                    dependents.setdefault(_shown(p, option), []).append(child_name)
        column |= {"parameter_type": "str", "is_ordered": False}
        column["values"] = [_shown(p, option) for option in p.options]
        return column | {"dependent_parameters": dependents or None}

    def encode(self, flat: Mapping[str, Any]) -> dict[str, Any]:
        """Return Ax's parameters of a configuration; `SpaceError` if it is none."""
        flat = self._space.validate(flat)
        return {name: _shown(p, flat[p.path]) for name, p in self._named.items() if p.path in flat}

    def decode(self, shown: Mapping[str, Any]) -> Config:
        """Return the flat configuration of Ax's parameters, in builtin types."""
        flat = {p.path: _meant(p, shown[name]) for name, p in self._named.items() if name in shown}
        return dict(self._space.validate(flat))


def _shown(p: Parameter, value: Any) -> Any:
    if isinstance(p, FloatParameter):
        return to_unit(p, value)
    return f"option {p.options.index(value)}" if isinstance(p, CategoricalParameter) else value


def _meant(p: Parameter, value: Any) -> Any:
    if isinstance(p, FloatParameter):
        return from_unit(p, value)
    if not isinstance(p, CategoricalParameter):
        return value
    return p.options[int(value.removeprefix("option "))]
