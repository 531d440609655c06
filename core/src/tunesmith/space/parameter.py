"""Parameters: a search space as a flat list of typed, frozen records.

Bounds are inclusive. `step` means: the multiples of `step` from `low` to `high`, both of which are
such multiples. `when` holds every condition under which the parameter exists, outermost first.
A flat value is None, a bool, an int, a float or a string; options that are anything else stand as
a label, and a `FixedParameter` at `path[label]` holds what the label stands for.
"""

import math
from typing import Any

import msgspec
from msgspec.structs import force_setattr

from tunesmith.space.error import SpaceError, show
from tunesmith.space.lattice import LIMIT, SLACK, Lattice, lattice

Primitive = bool | int | float | str | None

PRIMITIVES = frozenset({bool, int, float, str, type(None)})


class Condition(msgspec.Struct, frozen=True):
    """Holds where the parameter at `path` has one of these flat values."""

    path: str
    options: tuple[Primitive, ...]


class FloatParameter(msgspec.Struct, frozen=True, tag="float"):
    """A real number from `low` to `high`, evenly likely, or with `log` its logarithm is."""

    path: str
    low: float
    high: float
    log: bool = False
    step: float | None = None
    when: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        """Hold floats only, and refuse bounds that contain nothing."""
        for name in ("low", "high") if self.step is None else ("low", "high", "step"):
            force_setattr(self, name, float(getattr(self, name)))
        _check_range(self)


class IntParameter(msgspec.Struct, frozen=True, tag="int"):
    """A whole number from `low` to `high`."""

    path: str
    low: int
    high: int
    log: bool = False
    step: int = 1
    when: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        """Refuse bounds that contain nothing or are not exact as floats."""
        if max(abs(self.low), abs(self.high)) > LIMIT:
            raise SpaceError(
                f"integer bounds {self.low} and {self.high} must lie within ±2**53; "
                "draw a smaller number and derive the large one from it in the training code"
            )
        _check_range(self)


class NormalParameter(msgspec.Struct, frozen=True, tag="normal"):
    """A normally distributed real number, rounded to the multiples of `step` if there is one."""

    path: str
    mean: float
    sd: float
    step: float | None = None
    when: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        """Hold floats only, and refuse a spread or a step that is not positive."""
        for name in ("mean", "sd") if self.step is None else ("mean", "sd", "step"):
            force_setattr(self, name, float(getattr(self, name)))
        if not (math.isfinite(self.mean) and 0 < self.sd < math.inf):
            raise SpaceError(
                f"mean {self.mean!r} and sd {self.sd!r}: mean must be finite and sd positive"
            )
        _check_step(self.step)


class OrdinalParameter(msgspec.Struct, frozen=True, tag="ordinal"):
    """One of several options that have an order."""

    path: str
    options: tuple[Primitive, ...]
    when: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        """Refuse empty and repeated options."""
        _check_options(self.path, self.options)


class CategoricalParameter(msgspec.Struct, frozen=True, tag="categorical"):
    """One of several options without an order."""

    path: str
    options: tuple[Primitive, ...]
    when: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        """Refuse empty and repeated options."""
        _check_options(self.path, self.options)


class GridParameter(msgspec.Struct, frozen=True, tag="grid"):
    """Options that are all to be tried, with every combination of the other grid parameters."""

    path: str
    options: tuple[Primitive, ...]
    when: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        """Refuse empty and repeated options."""
        _check_options(self.path, self.options)


class FixedParameter(msgspec.Struct, frozen=True, tag="fixed"):
    """A constant, in its plain form."""

    path: str
    value: Any
    when: tuple[Condition, ...] = ()


class ComputedParameter(msgspec.Struct, frozen=True, tag="computed"):
    """The result of a function of the other parameters; `function` is its label."""

    path: str
    function: str
    when: tuple[Condition, ...] = ()


Discrete = OrdinalParameter | CategoricalParameter | GridParameter
Numeric = FloatParameter | IntParameter
Tunable = FloatParameter | IntParameter | NormalParameter | OrdinalParameter | CategoricalParameter
Parameter = Tunable | GridParameter | FixedParameter | ComputedParameter


def multiples(parameter: Numeric) -> Lattice:
    """Return the values of a parameter that has a step (an integer always has)."""
    assert parameter.step is not None  # noqa: S101  (callers know; the type cannot say it)
    return lattice(parameter.low, parameter.high, parameter.step)


def constant_of(parameter: Tunable) -> tuple[Primitive, ...]:
    """Return the only value of a parameter that has no other, else an empty tuple."""
    if isinstance(parameter, OrdinalParameter | CategoricalParameter):
        return parameter.options if len(parameter.options) == 1 else ()
    if isinstance(parameter, NormalParameter) or parameter.low != parameter.high:
        return ()
    return (parameter.low,)


def _check_range(parameter: Numeric) -> None:
    low, high, step = parameter.low, parameter.high, parameter.step
    if not math.isfinite(high - low):
        raise SpaceError(f"bounds {low!r} and {high!r} must be finite, and so must their distance")
    if low > high:
        raise SpaceError(f"low {low!r} must not be above high {high!r}; exchange them")
    if parameter.log and low <= 0:
        raise SpaceError(f"low {low!r} must be greater than 0 on a log scale")
    _check_step(step)
    if parameter.log and low < high:
        start, end = math.log(low), math.log(high)
        if end - start <= SLACK * max(1, abs(start), abs(end)):
            raise SpaceError(
                f"bounds {low!r} and {high!r} are too close for a log scale; use a linear one"
            )
    if step is None:
        if high - low <= SLACK * max(abs(low), abs(high)):
            raise SpaceError(
                f"bounds {low!r} and {high!r} are closer than float rounding; write a constant"
            )
        return
    values = lattice(low, high, step)
    if values.index(low) is None or values.index(high) is None:
        raise SpaceError(
            f"bounds {low!r} and {high!r} must be multiples of step {step!r}; "
            "quniform and qrandint choose such bounds within any range"
        )


def _check_step(step: float | None) -> None:
    if step is not None and not 0 < step < math.inf:
        raise SpaceError(f"step {step!r} must be a positive, finite number")


def _check_options(path: str, options: tuple[Primitive, ...]) -> None:
    if not options:
        raise SpaceError(f"{path!r} has no options; list at least one")
    seen: dict[Primitive, Primitive] = {}
    for option in options:
        if type(option) not in PRIMITIVES or option != option:  # noqa: PLR0124  (NaN)
            raise SpaceError(
                f"{path!r} has the flat option {show(option)}; "
                "flat options are None, booleans, numbers and strings"
            )
        if option in seen:
            raise SpaceError(
                f"{path!r} has the equal options {seen[option]!r} and {option!r}; list each once"
            )
        seen[option] = option
