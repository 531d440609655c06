"""A flat tunesmith space as Nevergrad's parameters, and values back and forth; pure.

Options stand as their positions. A parameter that is inactive keeps a value inside Nevergrad, as
its own choices between parameters do, and is left out of configurations.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from tunesmith.errors import CapabilityError
from tunesmith.protocols import Config
from tunesmith.space import (
    CategoricalParameter,
    FloatParameter,
    IntParameter,
    NormalParameter,
    OrdinalParameter,
    Space,
    Tunable,
)


class Axis(NamedTuple):
    """One parameter: its kind in `nevergrad.p`, that one's arguments, and what is set on it.

    `sigma` is the spread of what has no bounds; `whole` numbers are cast to integers.
    """

    path: str
    kind: str
    arguments: dict[str, Any]
    when: tuple[Any, ...] = ()
    options: tuple[Any, ...] = ()
    sigma: float | None = None
    whole: bool = False

    def active(self, flat: Mapping[str, Any]) -> bool:
        """Tell whether the parameter exists beside the values of those before it."""
        return all(c.path in flat and flat[c.path] in c.options for c in self.when)


def axes(space: Space) -> dict[str, Axis]:
    """Return the parameters of a space by the names that they have within Nevergrad."""
    return {f"p{number}": _axis(parameter) for number, parameter in enumerate(space.parameters)}


def decode(space: Mapping[str, Axis], value: Mapping[str, Any]) -> Config:
    """Return the flat configuration, up to the rounding of floats, of a value of Nevergrad's."""
    flat: Config = {}
    for name, axis in space.items():
        if axis.active(flat):
            flat[axis.path] = axis.options[value[name]] if axis.options else value[name]
    return flat


def encode(space: Mapping[str, Axis], flat: Config, inactive: Mapping[str, Any]) -> dict[str, Any]:
    """Return Nevergrad's value for a flat configuration, filled up from that of `inactive`."""
    value = dict(inactive)
    for name, axis in space.items():
        if axis.path in flat:
            found = flat[axis.path]
            value[name] = axis.options.index(found) if axis.options else found
    return value


def _axis(p: Tunable | Any) -> Axis:
    match p:
        case CategoricalParameter() | OrdinalParameter():
            choices = {"choices": len(p.options)}
            if isinstance(p, OrdinalParameter):
                return Axis(p.path, "TransitionChoice", choices, p.when, p.options)
            # One that draws would make every loss noisy to Nevergrad: it then searches worse.
            return Axis(p.path, "Choice", {**choices, "deterministic": True}, p.when, p.options)
        case NormalParameter(step=None):
            return Axis(p.path, "Scalar", {"init": p.mean}, p.when, sigma=p.sd)
        case FloatParameter(step=None):
            return _number(p, p.low, p.high)
        case IntParameter(step=1):
            # As wide for the first and the last number as for the others.
            return _number(p, p.low - 0.5, p.high + 0.5)._replace(whole=True)
    raise CapabilityError(f"Nevergrad cannot search {p.path!r}: {p!r}; translate the space first")


def _number(p: FloatParameter | IntParameter, low: float, high: float) -> Axis:
    return Axis(p.path, "Log" if p.log else "Scalar", {"lower": low, "upper": high}, p.when)
