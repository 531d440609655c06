"""A flat tunesmith space as Hyperopt's tree of distributions, and values back and forth; pure.

What has a step is counted in steps, so that no value is off by a rounding, and its range is half a
step wider at both ends, so that the ends are as likely as any other value.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tunesmith.errors import CapabilityError
from tunesmith.protocols import Config
from tunesmith.space import (
    CategoricalParameter,
    Condition,
    FloatParameter,
    IntParameter,
    NormalParameter,
    Tunable,
)


class Dimension(NamedTuple):
    """One parameter: the name and the arguments of its function in `hyperopt.hp`.

    With `options`, Hyperopt's number is the position of one of them. With `step`, it is how many
    steps the value is from `origin`, and lies between `first` and `last`.
    """

    path: str
    kind: str
    arguments: tuple[float, ...]
    when: tuple[Condition, ...]
    options: tuple[Any, ...] = ()
    origin: float = 0
    step: float | None = None
    first: float = -math.inf
    last: float = math.inf

    def decode(self, number: Any) -> Any:
        """Return the parameter's value, up to the rounding of floats, for Hyperopt's."""
        if self.options:
            return self.options[int(number)]
        if self.step is None:
            return number
        return self.origin + min(max(round(number), self.first), self.last) * self.step

    def encode(self, value: Any) -> Any:
        """Return Hyperopt's number for the parameter's value."""
        if self.options:
            return self.options.index(value)
        return value if self.step is None else float(round((value - self.origin) / self.step))


def dimensions(parameters: Sequence[Tunable]) -> tuple[Dimension, ...]:
    """Return the dimensions of reals, integers, normals and categories, in their order."""
    return tuple(map(_dimension, parameters))


def tree(dimensions: Sequence[Dimension], hp: Any) -> list[Any]:
    """Return the search space that the functions of `hp` make: choices with their children inside.

    Children come after their parents, so from the end on each choice finds its own ready.
    """
    inside = defaultdict[str | None, list[tuple[tuple[Any, ...], Any]]](list)
    for d in reversed(dimensions):
        children = inside.pop(d.path, None)
        if children:
            node = hp.choice(d.path, [[c for on, c in children if o in on] for o in d.options])
        else:
            node = getattr(hp, d.kind)(d.path, *d.arguments)
        parent = d.when[-1] if d.when else None
        inside[parent and parent.path].append((parent.options if parent else (), node))
    return [node for _, node in inside[None]]


def decode(dimensions: Sequence[Dimension], found: Mapping[str, Sequence[Any]]) -> Config:
    """Return the flat configuration of Hyperopt's values, each a list of one or, inactive, none."""
    flat: Config = {}
    for d in dimensions:
        if all(c.path in flat and flat[c.path] in c.options for c in d.when):
            flat[d.path] = d.decode(found[d.path][0])
    return flat


def encode(dimensions: Sequence[Dimension], flat: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return Hyperopt's values for a valid flat configuration."""
    return {d.path: [d.encode(flat[d.path])] if d.path in flat else [] for d in dimensions}


def _dimension(p: Tunable) -> Dimension:
    if isinstance(p, CategoricalParameter):
        return Dimension(p.path, "randint", (len(p.options),), p.when, p.options)
    if isinstance(p, NormalParameter):
        if p.step is None:
            return Dimension(p.path, "normal", (p.mean, p.sd), p.when)
        counted = (p.mean / p.step, p.sd / p.step, 1)
        return Dimension(p.path, "qnormal", counted, p.when, step=p.step)
    if not isinstance(p, FloatParameter | IntParameter):
        raise CapabilityError(
            f"hyperopt cannot search {p.path!r}: {p!r}; translate the space first"
        )
    if p.step is None:
        scale = math.log if p.log else float
        kind = "loguniform" if p.log else "uniform"
        return Dimension(p.path, kind, (scale(p.low), scale(p.high)), p.when)
    if p.log:
        first, last = round(p.low / p.step), round(p.high / p.step)
        ends = (math.log(first - 0.5), math.log(last + 0.5), 1)
        return Dimension(p.path, "qloguniform", ends, p.when, (), 0, p.step, first, last)
    last = round((p.high - p.low) / p.step)
    return Dimension(p.path, "quniform", (-0.5, last + 0.5, 1), p.when, (), p.low, p.step, 0, last)
