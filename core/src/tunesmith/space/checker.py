"""Checks flat values: each parameter has one function that returns a value or says what is wrong.

Values come back as builtin types. A float that misses an end or a step only by rounding is moved
onto it; anything else that is out of the domain is refused, never repaired.
"""

import math
from collections.abc import Callable
from typing import Any

from tunesmith.space.error import SpaceError, show
from tunesmith.space.lattice import LIMIT, SLACK, endless
from tunesmith.space.parameter import (
    PRIMITIVES,
    ComputedParameter,
    Discrete,
    FixedParameter,
    FloatParameter,
    IntParameter,
    NormalParameter,
    Numeric,
    Parameter,
    Primitive,
    multiples,
)
from tunesmith.space.plain import builtin

Checker = Callable[[Any], Primitive]


def checker(parameter: Parameter) -> Checker:
    """Return the function that checks values of `parameter` and raises `SpaceError`."""
    match parameter:
        case FloatParameter(step=None):
            return _real(parameter)
        case FloatParameter():
            return _multiple(parameter)
        case IntParameter():
            return _whole(parameter)
        case NormalParameter():
            return _normal(parameter)
        case FixedParameter() | ComputedParameter():
            raise SpaceError(f"{parameter.path!r} is not drawn, so it has no flat value")
    return _option(parameter)


def expectation(parameter: Parameter) -> str:
    """Return what a value of `parameter` must be, for messages."""
    match parameter:
        case FloatParameter(step=None) | IntParameter(step=1):
            noun = "a number" if isinstance(parameter, FloatParameter) else "a whole number"
            return f"{noun} from {parameter.low!r} to {parameter.high!r}"
        case FloatParameter() | IntParameter():
            return f"a multiple of {parameter.step!r} from {parameter.low!r} to {parameter.high!r}"
        case NormalParameter(step=None):
            return "a finite number"
        case NormalParameter():
            return f"a multiple of {parameter.step!r}"
        case FixedParameter():
            return f"the constant {show(parameter.value)}"
        case ComputedParameter():
            return f"the result of {parameter.function}"
    return f"one of {', '.join(map(show, parameter.options))}"


def _refuse(parameter: Parameter, value: object) -> SpaceError:
    return SpaceError(f"{parameter.path!r} is {show(value)}, expected {expectation(parameter)}")


def _number(parameter: Parameter, value: Any) -> float:
    value = float(value) if isinstance(value, float) else builtin(value)  # numpy's are floats
    if type(value) is int and abs(value) <= LIMIT:
        return float(value)
    if type(value) is not float or not math.isfinite(value):
        raise _refuse(parameter, value)
    return value


def _real(parameter: FloatParameter) -> Checker:
    low, high = parameter.low, parameter.high
    # On a log scale an error is relative to the value; else to the whole range.
    span = 0.0 if parameter.log else high - low
    below = SLACK * max(abs(low), span)
    above = SLACK * max(abs(high), span)

    def check(value: Any) -> Primitive:
        number = value if type(value) is float else _number(parameter, value)
        if low <= number <= high:
            return number
        if low - below <= number <= high + above:
            return low if number < low else high
        raise _refuse(parameter, value)

    return check


def _multiple(parameter: Numeric) -> Checker:
    values = multiples(parameter)

    def check(value: Any) -> Primitive:
        number = _number(parameter, value)
        k = values.index(number)
        if k is None:
            raise _refuse(parameter, value)
        return values.value(k)

    return check


def _whole(parameter: IntParameter) -> Checker:
    low, high, step = parameter.low, parameter.high, parameter.step
    snap = _multiple(parameter)

    def check(value: Any) -> Primitive:
        value = value if type(value) is int else builtin(value)
        if type(value) is int:
            if low <= value <= high and value % step == 0:
                return value
            raise _refuse(parameter, value)
        return snap(value)

    return check


def _normal(parameter: NormalParameter) -> Checker:
    values = None if parameter.step is None else endless(parameter.step)

    def check(value: Any) -> Primitive:
        number = _number(parameter, value)
        if values is None:
            return number
        k = values.index(number)
        if k is None:
            raise _refuse(parameter, value)
        return values.value(k)

    return check


def _option(parameter: Discrete) -> Checker:
    # Looked up together with "is a boolean", because True == 1 in Python.
    known = {(type(option) is bool, option): option for option in parameter.options}

    def check(value: Any) -> Primitive:
        value = value if type(value) in PRIMITIVES else builtin(value)
        try:
            return known[type(value) is bool, value]
        except (KeyError, TypeError):
            raise _refuse(parameter, value) from None

    return check
