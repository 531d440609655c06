"""The unit interval: every drawn parameter as a number from 0 to 1, evenly likely.

`from_unit` defines what each parameter's distribution is: drawing is `from_unit` of a uniform
random number. `to_unit` returns the middle of the interval that leads to a value.
"""

import math
from collections.abc import Callable
from typing import Any

from tunesmith.space.checker import checker
from tunesmith.space.error import SpaceError, show
from tunesmith.space.lattice import SLACK, endless
from tunesmith.space.parameter import (
    ComputedParameter,
    Discrete,
    FixedParameter,
    FloatParameter,
    NormalParameter,
    Numeric,
    Parameter,
    Primitive,
    multiples,
)
from tunesmith.space.plain import builtin

TAIL = 1e-12
"""How much of each tail of a normal distribution is never drawn (beyond 7 standard deviations)."""

Decoder = Callable[[float], Primitive]


def to_unit(parameter: Parameter, value: Primitive) -> float:
    """Return where in [0, 1] the value lies; raise `SpaceError` if it is none of the parameter."""
    return _position(parameter, checker(parameter)(value))


def from_unit(parameter: Parameter, position: float) -> Primitive:
    """Return the value at `position` in [0, 1]; 0 and 1 lead to the ends of the domain."""
    number: Any = builtin(position)
    if not isinstance(number, int | float) or not -SLACK <= number <= 1 + SLACK:
        raise SpaceError(
            f"position {show(position)} of {parameter.path!r} must be a number from 0 to 1"
        )
    return decoder(parameter)(min(max(float(number), 0.0), 1.0))


def decoder(parameter: Parameter) -> Decoder:
    """Return the function from [0, 1] to the parameter's values."""
    match parameter:
        case FloatParameter(step=None, log=False):
            return _linear(parameter)
        case FloatParameter(step=None):
            return _logarithmic(parameter)
        case NormalParameter():
            return _normal(parameter)
        case FixedParameter() | ComputedParameter():
            raise SpaceError(f"{parameter.path!r} is not drawn, so it has no place in [0, 1]")
        case _ if isinstance(parameter, Discrete):
            return _options(parameter.options)
    return _logarithmic_multiples(parameter) if parameter.log else _multiples(parameter)


def edges(parameter: Numeric) -> tuple[float, float]:
    """Return the ends of the real interval that rounds to the parameter's multiples."""
    step = parameter.step or 0
    low, high = parameter.low - step / 2, parameter.high + step / 2
    return (max(low, parameter.low / 2) if parameter.log else low), high


def quantile(probability: float) -> float:
    """Return the standard normal quantile, finite even at 0 and 1.

    Starts from Abramowitz and Stegun (1964), 26.2.22, and refines it by Halley's method.
    """
    if probability > 0.5:
        return -quantile(1 - probability)
    p = max(probability, TAIL)
    t = math.sqrt(-2 * math.log(p))
    z = (2.30753 + 0.27061 * t) / (1 + 0.99229 * t + 0.04481 * t * t) - t
    for _ in range(3):
        error = (cdf(z) - p) * math.sqrt(2 * math.pi) * math.exp(z * z / 2)
        z -= error / (1 + z * error / 2)
    return z


def cdf(z: float) -> float:
    """Return the standard normal distribution function."""
    return math.erfc(-z / math.sqrt(2)) / 2


def _position(parameter: Parameter, value: Primitive) -> float:
    if isinstance(parameter, Discrete):
        return (parameter.options.index(value) + 0.5) / len(parameter.options)
    assert isinstance(value, int | float)  # noqa: S101  (its checker returned it)
    if isinstance(parameter, NormalParameter):
        return cdf((value - parameter.mean) / parameter.sd)
    assert not isinstance(parameter, FixedParameter | ComputedParameter)  # noqa: S101
    if parameter.log:
        low, high = map(math.log, edges(parameter))
        return min(max((math.log(value) - low) / (high - low), 0.0), 1.0) if high > low else 0.5
    if parameter.step is None:
        span = parameter.high - parameter.low
        return (value - parameter.low) / span if span else 0.5
    values = multiples(parameter)
    return (values.nearest(value) - values.first + 0.5) / values.count


def _linear(parameter: FloatParameter) -> Decoder:
    low, high = parameter.low, parameter.high
    span = high - low

    def decode(position: float) -> Primitive:
        value = low + span * position
        return value if position < 1 and value <= high else high

    return decode


def _logarithmic(parameter: FloatParameter) -> Decoder:
    low, high = parameter.low, parameter.high
    start = math.log(low)
    span = math.log(high) - start

    def decode(position: float) -> Primitive:
        value = math.exp(start + span * position)
        if 0 < position < 1 and low <= value <= high:
            return value
        return high if position > 0.5 else low

    return decode


def _multiples(parameter: Numeric) -> Decoder:
    values = multiples(parameter)
    first, last, count, value = values.first, values.last, values.count, values.value

    def decode(position: float) -> Primitive:
        return value(min(first + int(position * count), last))

    return decode


def _logarithmic_multiples(parameter: Numeric) -> Decoder:
    values = multiples(parameter)
    start, end = map(math.log, edges(parameter))

    def decode(position: float) -> Primitive:
        return values.value(values.nearest(math.exp(start + (end - start) * position)))

    return decode


def _normal(parameter: NormalParameter) -> Decoder:
    mean, sd, step = parameter.mean, parameter.sd, parameter.step
    values = None if step is None else endless(step)

    def decode(position: float) -> Primitive:
        number = mean + sd * quantile(position)
        return number if values is None else values.value(values.nearest(number))

    return decode


def _options(options: tuple[Primitive, ...]) -> Decoder:
    count = len(options)

    def decode(position: float) -> Primitive:
        return options[min(int(position * count), count - 1)]

    return decode
