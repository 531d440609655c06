"""A flat tunesmith space as ConfigSpace's hyperparameters, and values back and forth; pure.

Options are shown by their positions, and parameters by numbers in their order: ConfigSpace then
neither sorts nor converts what only means something to the user.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from tunesmith.errors import CapabilityError
from tunesmith.protocols import Config
from tunesmith.space import (
    CategoricalParameter,
    FloatParameter,
    IntParameter,
    OrdinalParameter,
    Space,
    Tunable,
)

Options = tuple[Any, ...]


class Dimension(NamedTuple):
    """A parameter: its kind of hyperparameter, the arguments of that, and its condition.

    `when` is another dimension's name with the values of that under which this one exists; that it
    must exist itself for this goes without saying in ConfigSpace.
    """

    path: str
    name: str
    kind: str
    arguments: dict[str, Any]
    options: Options | None
    when: tuple[str, list[Any]] | None = None

    def encode(self, value: Any) -> Any:
        """Return ConfigSpace's value for the parameter's."""
        return value if self.options is None else self.options.index(value)

    def decode(self, value: Any) -> Any:
        """Return the parameter's value, up to the rounding of floats, for ConfigSpace's."""
        return value if self.options is None else self.options[int(value)]


class Layout:
    """The dimensions of a space of numbers and options, parents first."""

    def __init__(self, space: Space) -> None:
        self._space = space
        known: dict[str, Dimension] = {}
        for number, parameter in enumerate(space.tunable):
            dimension = _dimension(parameter, f"{number:05}")
            for condition in parameter.when[-1:]:
                parent = known[condition.path]
                values = [parent.encode(option) for option in condition.options]
                dimension = dimension._replace(when=(parent.name, values))
            known[parameter.path] = dimension
        self.dimensions = tuple(known.values())

    def encode(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """Return ConfigSpace's values by name; `SpaceError` if it is none of the space."""
        flat = self._space.validate(config)
        return {d.name: d.encode(flat[d.path]) for d in self.dimensions if d.path in flat}

    def decode(self, values: Mapping[str, Any]) -> Config:
        """Return the flat configuration, in builtin types, for ConfigSpace's values by name."""
        found = {d.path: d.decode(values[d.name]) for d in self.dimensions if d.name in values}
        return self._space.validate(found)


def _dimension(p: Tunable, name: str) -> Dimension:
    if isinstance(p, CategoricalParameter | OrdinalParameter):
        places = [*range(len(p.options))]
        if isinstance(p, CategoricalParameter):
            return Dimension(p.path, name, "Categorical", {"choices": places}, p.options)
        return Dimension(p.path, name, "Ordinal", {"sequence": places}, p.options)
    if not isinstance(p, FloatParameter | IntParameter) or p.step not in (None, 1):
        raise CapabilityError(f"SMAC cannot search {p.path!r}: {p!r}; translate the space first")
    kind = type(p).__name__.removesuffix("Parameter").replace("Int", "Integer")
    bounds = {"lower": p.low, "upper": p.high, "log": p.log}
    return Dimension(p.path, name, f"Uniform{kind}", bounds, None)
