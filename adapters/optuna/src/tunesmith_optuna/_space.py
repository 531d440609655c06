"""A flat tunesmith space as Optuna's dimensions, and values back and forth; pure.

Optuna has no step on a log scale: such a parameter is sampled without the step and rounded to it.
A stepped float becomes the integers that count its steps, so that no value is off by a rounding.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from tunesmith.errors import CapabilityError
from tunesmith.space import CategoricalParameter, FloatParameter, IntParameter, Parameter, Space


class Dimension(NamedTuple):
    """One parameter: its kind of Optuna distribution ("Float", ...), and the arguments of that.

    With `step`, values are `low` and so many steps; `counted` where Optuna's value is that number.
    """

    path: str
    kind: str
    options: dict[str, Any]
    when: tuple[Any, ...]
    low: float = 0
    step: float | None = None
    counted: bool = False

    def active(self, flat: Mapping[str, Any]) -> bool:
        """Tell whether the parameter exists beside the values of those before it."""
        return all(c.path in flat and flat[c.path] in c.options for c in self.when)

    def decode(self, value: Any) -> Any:
        """Return the parameter's value, up to the rounding of floats, for Optuna's."""
        if self.step is None:
            return value
        steps = value if self.counted else round((value - self.low) / self.step)
        return self.low + steps * self.step

    def encode(self, value: Any) -> Any:
        """Return Optuna's value for the parameter's."""
        return round((value - self.low) / self.step) if self.counted and self.step else value


def dimensions(space: Space) -> tuple[Dimension, ...]:
    """Return the dimensions of a space of floats, integers and categories, parents first."""
    return tuple(_dimension(parameter) for parameter in space.parameters)


def _dimension(p: Parameter) -> Dimension:
    if isinstance(p, CategoricalParameter):
        return Dimension(p.path, "Categorical", {"choices": p.options}, p.when)
    if not isinstance(p, FloatParameter | IntParameter):
        raise CapabilityError(f"Optuna cannot search {p.path!r}: {p!r}; translate the space first")
    kind, bounds = type(p).__name__.removesuffix("Parameter"), {"low": p.low, "high": p.high}
    if p.log or p.step is None:
        step = None if p.step == 1 and isinstance(p, IntParameter) else p.step
        return Dimension(p.path, kind, {**bounds, "log": p.log}, p.when, p.low, step)
    if isinstance(p, IntParameter):
        return Dimension(p.path, kind, {**bounds, "step": p.step}, p.when)
    counts = {"low": 0, "high": round((p.high - p.low) / p.step)}
    return Dimension(p.path, "Int", counts, p.when, p.low, p.step, counted=True)
