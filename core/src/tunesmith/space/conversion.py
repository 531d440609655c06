"""Conversions of one parameter into the vocabulary of a searcher, and of its values both ways."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from tunesmith.space.checker import checker
from tunesmith.space.error import TranslationError
from tunesmith.space.lattice import Lattice, endless
from tunesmith.space.parameter import (
    CategoricalParameter,
    Condition,
    FloatParameter,
    IntParameter,
    NormalParameter,
    Numeric,
    OrdinalParameter,
    Primitive,
    Tunable,
    multiples,
)
from tunesmith.space.unit import cdf, edges, quantile
from tunesmith.space.vocabulary import Vocabulary

When = tuple[Condition, ...]

NEAR = 1e-6
"""Numbers closer than this, relative to their size, are shown by their positions."""

CLIP = 1e-6
"""How much of each tail a normal distribution loses when it is shown as a uniform one."""


class Conversion(NamedTuple):
    """`target` is what the searcher sees; `encode` and `decode` take values there and back.

    Both take values of the domain; `decode` may miss an end by float rounding. `loss` says what
    the searcher is not told, in words, or is empty.
    """

    target: Tunable
    encode: Callable[[Any], Primitive]
    decode: Callable[[Any], Primitive]
    loss: str = ""


def convert(parameter: Tunable, vocabulary: Vocabulary, when: When, *, lossy: bool) -> Conversion:
    """Return the conversion that loses nothing, or with `lossy` the one that loses least.

    Raises:
        TranslationError: the searcher cannot be told about `parameter` and `lossy` is False.
    """
    match parameter:
        case NormalParameter():
            return _normal(parameter, vocabulary, when)
        case FloatParameter(step=None):
            return _real(parameter, vocabulary, when)
        case OrdinalParameter():
            if vocabulary.ordinal:
                return _native(OrdinalParameter(parameter.path, parameter.options, when))
            return _indices(parameter.path, parameter.options, vocabulary, when)
        case CategoricalParameter():
            return _categorical(parameter, vocabulary, when, lossy=lossy)
    if parameter.log:
        return _log_multiples(parameter, vocabulary, when)
    return _multiples(parameter, vocabulary, when)


def _same(value: Primitive) -> Primitive:
    return value


def _native(target: Tunable, loss: str = "") -> Conversion:
    return Conversion(target, _same, _same, loss)


def _real(parameter: FloatParameter, vocabulary: Vocabulary, when: When) -> Conversion:
    path, low, high = parameter.path, parameter.low, parameter.high
    if not parameter.log or vocabulary.log:
        return _native(FloatParameter(path, low, high, parameter.log, None, when))
    start, end = math.log(low), math.log(high)

    def decode(number: float) -> Primitive:
        # exp(log(x)) may differ from x, and the ends are values that people expect to see.
        return math.exp(number) if start < number < end else low if number <= start else high

    return Conversion(FloatParameter(path, start, end, when=when), math.log, decode)


def _multiples(parameter: Numeric, vocabulary: Vocabulary, when: When) -> Conversion:
    path, low, high, step = parameter.path, parameter.low, parameter.high, parameter.step
    if isinstance(parameter, IntParameter):
        if vocabulary.integer and (step == 1 or vocabulary.step):
            return _native(IntParameter(path, int(low), int(high), False, int(step or 1), when))
    elif vocabulary.step:
        return _native(FloatParameter(path, low, high, False, step, when))
    values = multiples(parameter)
    blurred = high - low <= NEAR * max(abs(low), abs(high))
    if isinstance(parameter, IntParameter) and step == 1 and not blurred:
        # Without a step to skip, the searcher may as well see the numbers themselves.
        shown = FloatParameter(path, low - 0.5, high + 0.5, when=when)
        return Conversion(shown, float, lambda number: values.nearest(_half_up(number)))
    first, last = values.first, values.last
    return _positions(path, values.count, vocabulary, when)._replace(
        encode=lambda number: _shown(values.nearest(number) - first, vocabulary),
        decode=lambda shown: values.value(min(max(first + _half_up(shown), first), last)),
    )


def _log_multiples(parameter: Numeric, vocabulary: Vocabulary, when: When) -> Conversion:
    path = parameter.path
    if (
        isinstance(parameter, IntParameter)
        and parameter.step == 1
        and vocabulary.integer
        and vocabulary.log
    ):
        return _native(IntParameter(path, parameter.low, parameter.high, True, 1, when))
    values = multiples(parameter)
    low, high = edges(parameter)
    if vocabulary.log:
        shown = FloatParameter(path, low, high, log=True, when=when)
        return Conversion(shown, float, lambda number: values.value(values.nearest(number)))
    return Conversion(
        FloatParameter(path, math.log(low), math.log(high), when=when),
        math.log,
        lambda number: values.value(values.nearest(math.exp(number))),
    )


def _normal(parameter: NormalParameter, vocabulary: Vocabulary, when: When) -> Conversion:
    path, mean, sd, step = parameter.path, parameter.mean, parameter.sd, parameter.step
    values = None if step is None else endless(step)
    if vocabulary.normal:
        if values is None or vocabulary.step:
            return _native(NormalParameter(path, mean, sd, step, when))
        shown = NormalParameter(path, mean, sd, when=when)
        return Conversion(shown, float, lambda number: _rounded(number, values))
    return Conversion(
        FloatParameter(path, CLIP, 1 - CLIP, when=when),
        lambda number: min(max(cdf((number - mean) / sd), CLIP), 1 - CLIP),
        lambda probability: _rounded(mean + sd * quantile(probability), values),
    )


def _categorical(
    parameter: CategoricalParameter, vocabulary: Vocabulary, when: When, *, lossy: bool
) -> Conversion:
    if vocabulary.categorical:
        return _native(CategoricalParameter(parameter.path, parameter.options, when))
    if not lossy:
        raise TranslationError(
            f"{parameter.path!r} is a choice, but the searcher takes no categorical parameters; "
            "use one that does, ordinal([...]) if the options have an order, "
            "or lossy=True to show it their positions",
            path=parameter.path,
            capability="categorical",
        )
    found = _indices(parameter.path, parameter.options, vocabulary, when)
    last = len(parameter.options) - 1
    return found._replace(loss=f"{parameter.path!r} is shown as a position from 0 to {last}")


def _indices(
    path: str, options: tuple[Primitive, ...], vocabulary: Vocabulary, when: When
) -> Conversion:
    last = len(options) - 1
    return _positions(path, len(options), vocabulary, when)._replace(
        encode=lambda option: _shown(options.index(option), vocabulary),
        decode=lambda shown: options[min(max(_half_up(shown), 0), last)],
    )


def _positions(path: str, count: int, vocabulary: Vocabulary, when: When) -> Conversion:
    if vocabulary.integer:
        return _native(IntParameter(path, 0, count - 1, when=when))
    return _native(FloatParameter(path, -0.5, count - 0.5, when=when))


def _shown(position: int, vocabulary: Vocabulary) -> Primitive:
    return position if vocabulary.integer else float(position)


def _half_up(number: float) -> int:
    # Not round(), which would give the even positions more than their share.
    return math.floor(number + 0.5)


def _rounded(number: float, values: Lattice | None) -> Primitive:
    return number if values is None else values.value(values.nearest(number))


def checked(conversion: Conversion, source: Tunable) -> Conversion:
    """Return the conversion with both ways checked, and float rounding at the ends taken out."""
    check_source, check_target = checker(source), checker(conversion.target)
    encode, decode = conversion.encode, conversion.decode
    if encode is _same and decode is _same:  # one domain, seen from both sides
        return conversion._replace(encode=check_source, decode=check_source)
    return conversion._replace(
        encode=lambda value: check_target(encode(check_source(value))),
        decode=lambda value: check_source(decode(check_target(value))),
    )
