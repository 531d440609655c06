"""A flat space as FLAML's nested one, and configurations back and forth; pure.

Options, and numbers with a step, are whole numbers there: their positions. The option of a choice
on which other parameters depend is a table: its position as "is", and those parameters.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import tunesmith.space as ts
from tunesmith.errors import CapabilityError
from tunesmith.protocols import Config


class Dimension(NamedTuple):
    """A parameter: its key, and the function of `flaml.tune` that describes it, with bounds.

    `decode` returns the parameter's value, up to rounding, for FLAML's. `size` is how many values
    it has, where it is shown by their positions; `options` are these values where they are listed.
    `branches` are the dimensions that depend on each option.
    """

    key: str
    parameter: ts.Tunable
    kind: str
    low: float
    high: float
    decode: Callable[[Any], Any]
    size: int = 0
    options: tuple[ts.Primitive, ...] = ()
    branches: tuple[tuple["Dimension", ...], ...] = ()

    def encode(self, value: ts.Primitive) -> Any:
        """Return FLAML's value for the parameter's."""
        if self.options:
            return self.options.index(value)
        return int(ts.to_unit(self.parameter, value) * self.size) if self.size else value


Branch = tuple[Dimension, ...]


def dimensions(space: ts.Space, parent: str = "", option: ts.Primitive = None) -> Branch:
    """Return the dimensions that exist where `parent` has an option, or else always."""
    return tuple(
        _dimension(f"x{number}", p, space)
        for number, p in enumerate(space.tunable)
        if (p.when[-1].path == parent and option in p.when[-1].options if p.when else not parent)
    )


def _dimension(key: str, p: ts.Tunable, space: ts.Space) -> Dimension:
    if isinstance(p, ts.CategoricalParameter | ts.OrdinalParameter):
        branches = tuple(dimensions(space, p.path, option) for option in p.options)
        kind = "choice" if isinstance(p, ts.CategoricalParameter) or any(branches) else "randint"
        options, inside = p.options, branches if any(branches) else ()
        count, listed = len(options), options.__getitem__
        return Dimension(key, p, kind, 0, count, listed, count, options, inside)
    if not isinstance(p, ts.FloatParameter | ts.IntParameter):
        raise CapabilityError(f"FLAML cannot search {p.path!r}: {p!r}; translate the space first")
    if p.step is None:
        return Dimension(key, p, "loguniform" if p.log else "uniform", p.low, p.high, float)
    if isinstance(p, ts.IntParameter) and p.step == 1:
        return Dimension(key, p, "lograndint" if p.log else "randint", p.low, p.high + 1, round)
    count = round((p.high - p.low) / p.step) + 1
    return Dimension(
        key, p, "randint", 0, count, lambda k: ts.from_unit(p, (k + 0.5) / count), count
    )


def encode(branch: Branch, flat: Config, names: Config, prefix: str = "") -> Config:
    """Return FLAML's configuration for a flat one of the space.

    Puts the same into `names`, under the names that FLAML's global search gives to Optuna.
    """
    config: Config = {}
    for d in branch:
        value = d.encode(flat[d.parameter.path])
        names[f"{prefix}{d.key}_choice_" if d.kind == "choice" else prefix + d.key] = value
        if d.branches:
            inside = encode(d.branches[value], flat, names, f"{prefix}{d.key}:{value}/")
            value = {"is": value, **inside}
        config[d.key] = value
    return config


def decode(branch: Branch, config: Config) -> Config:
    """Return the flat configuration, up to rounding, for FLAML's."""
    flat: Config = {}
    for d in branch:
        value = config[d.key]
        if d.branches:
            flat |= decode(d.branches[value["is"]], value)
            value = value["is"]
        flat[d.parameter.path] = d.decode(value)
    return flat
