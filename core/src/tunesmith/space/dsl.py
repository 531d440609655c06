"""The space language: functions that say which values a parameter may take.

Every function checks its arguments at once. `randint` and `lograndint` exclude their upper end as
in NumPy; all other ranges include both ends. The values of a quantised range (`q...`) are the
multiples of `q` that lie within it, so its ends may lie outside the range's values but never the
other way round.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any, Literal

from tunesmith.space.domain import Computation, Domain, Options, Range
from tunesmith.space.error import SpaceError, show
from tunesmith.space.lattice import LIMIT, Lattice, lattice
from tunesmith.space.parameter import FloatParameter, IntParameter, NormalParameter
from tunesmith.space.plain import builtin


def uniform(low: float, high: float) -> Domain:
    """Any real number from `low` to `high`, all equally likely."""
    return _floats("uniform", (low, high))


def quniform(low: float, high: float, q: float) -> Domain:
    """Any multiple of `q` from `low` to `high`, all equally likely."""
    return _floats("quniform", (low, high, q))


def loguniform(low: float, high: float) -> Domain:
    """Any real number from `low` to `high`, equally likely in every order of magnitude."""
    return _floats("loguniform", (low, high), log=True)


def qloguniform(low: float, high: float, q: float) -> Domain:
    """Any multiple of `q` from `low` to `high`, equally likely in every order of magnitude."""
    return _floats("qloguniform", (low, high, q), log=True)


def randn(mean: float = 0.0, sd: float = 1.0) -> Domain:
    """Any real number, normally distributed around `mean` with standard deviation `sd`."""
    return _normal("randn", (mean, sd))


def qrandn(mean: float, sd: float, q: float) -> Domain:
    """Any multiple of `q`, normally distributed."""
    return _normal("qrandn", (mean, sd, q))


def randint(low: int, high: int) -> Domain:
    """Any whole number from `low` to `high - 1`: the upper end is excluded."""
    return _integers("randint", (low, high), exclusive=True)


def qrandint(low: int, high: int, q: int = 1) -> Domain:
    """Any multiple of `q` from `low` to `high`: the upper end is included."""
    return _integers("qrandint", (low, high, q))


def lograndint(low: int, high: int) -> Domain:
    """Any whole number from `low` to `high - 1`, equally likely in every order of magnitude."""
    return _integers("lograndint", (low, high), log=True, exclusive=True)


def qlograndint(low: int, high: int, q: int = 1) -> Domain:
    """Any multiple of `q` from `low` to `high`, equally likely in every order of magnitude."""
    return _integers("qlograndint", (low, high, q), log=True)


def choice(options: Iterable[Any]) -> Domain:
    """One of `options`, which have no order.

    An option may be a dict with domains inside: they are active only where it is chosen.
    """
    return Options("choice", _listed("choice", options))


def ordinal(options: Iterable[Any]) -> Domain:
    """One of `options`, which are listed in their order (small, medium, large)."""
    return Options("ordinal", _listed("ordinal", options))


def grid_search(values: Iterable[Any]) -> Domain:
    """All of `values`, each with every combination of the other grids' values."""
    return Options("grid_search", _listed("grid_search", values))


def sample_from(function: Callable[[dict[str, Any]], Any]) -> Domain:
    """Whatever `function` returns for the configuration so far.

    It is called with the nested configuration, in which every drawn and constant value and the
    results of earlier `sample_from` stand, and must return plain data: finite numbers, strings,
    booleans, None, lists and dicts of these. Tuples become lists.
    """
    given: Any = function
    if not callable(given):
        raise SpaceError(
            f"sample_from({show(given)}) needs a function of the configuration; "
            "write sample_from(lambda config: 2 * config['width'])"
        )
    return Computation(None, function)


LANGUAGE: dict[str, Callable[..., Domain]] = {
    function.__name__: function
    for function in (
        uniform,
        quniform,
        loguniform,
        qloguniform,
        randn,
        qrandn,
        randint,
        qrandint,
        lograndint,
        qlograndint,
        choice,
        ordinal,
        grid_search,
        sample_from,
    )
}
"""Every function by its name."""

EXAMPLES = {
    "uniform": "uniform(0, 1)",
    "quniform": "quniform(0, 1, 0.1)",
    "loguniform": "loguniform(1e-4, 1e-1)",
    "qloguniform": "qloguniform(0.1, 10, 0.1)",
    "randn": "randn(0, 1)",
    "qrandn": "qrandn(0, 1, 0.1)",
    "randint": "randint(0, 10)",
    "qrandint": "qrandint(0, 100, 10)",
    "lograndint": "lograndint(1, 1000)",
    "qlograndint": "qlograndint(10, 1000, 10)",
    "choice": 'choice(["relu", "tanh"])',
    "ordinal": 'ordinal(["small", "medium", "large"])',
    "grid_search": "grid_search([16, 32, 64])",
    "sample_from": "sample_from(lambda config: 2 * config['width'])",
}


def _floats(name: str, given: tuple[Any, ...], *, log: bool = False) -> Domain:
    call = _call(name, given)
    low, high, *rest = _numbers(call, ("low", "high", "q"), given)
    _check_ends(call, low, high, log=log)
    if not rest:
        if low == high:
            raise SpaceError(f"{call} has a single value; write the constant {low!r} instead")
        return Range(call, FloatParameter("", low, high, log))
    multiples = _multiples(call, low, high, q=rest[0])
    low, high = multiples.value(multiples.first), multiples.value(multiples.last)
    return Range(call, FloatParameter("", low, high, log, rest[0]))


def _normal(name: str, given: tuple[Any, ...]) -> Domain:
    call = _call(name, given)
    mean, sd, *rest = _numbers(call, ("mean", "sd", "q"), given)
    if sd <= 0:
        raise SpaceError(f"{call}: sd must be greater than 0, got {sd!r}; write e.g. {name}(0, 1)")
    if rest:
        _check_q(call, rest[0])
    return Range(call, NormalParameter("", mean, sd, rest[0] if rest else None))


def _integers(
    name: str, given: tuple[Any, ...], *, log: bool = False, exclusive: bool = False
) -> Domain:
    call = _call(name, given)
    low, high, *rest = _whole_numbers(call, ("low", "high", "q"), given)
    if exclusive:
        if low == high:
            raise SpaceError(
                f"{call} is empty: the upper end is excluded; write {name}({low}, {high + 1})"
            )
        _check_ends(call, low, high, log=log)
        high -= 1
    _check_ends(call, low, high, log=log)
    if max(abs(low), abs(high)) > LIMIT:
        raise SpaceError(
            f"{call}: bounds must lie within ±2**53, which floats hold exactly; "
            "draw a smaller number and derive the large one from it in the training code"
        )
    step = rest[0] if rest else 1
    multiples = _multiples(call, low, high, q=step)
    return Range(call, IntParameter("", multiples.first * step, multiples.last * step, log, step))


def _call(name: str, given: tuple[Any, ...]) -> str:
    return f"{name}({', '.join(show(builtin(argument)) for argument in given)})"


def _numbers(call: str, names: tuple[str, ...], given: tuple[Any, ...]) -> list[float]:
    found = []
    for name, argument in zip(names, given, strict=False):
        value = builtin(argument)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise SpaceError(
                f"{call}: {name} must be a number, got {show(value)}; write e.g. {_example(call)}"
            )
        if not math.isfinite(value):
            raise SpaceError(
                f"{call}: {name} must be finite, got {value!r}; write e.g. {_example(call)}"
            )
        found.append(float(value))
    return found


def _whole_numbers(call: str, names: tuple[str, ...], given: tuple[Any, ...]) -> list[int]:
    found = []
    for name, argument in zip(names, given, strict=False):
        value = builtin(argument)
        if isinstance(value, bool) or not isinstance(value, int):
            whole = isinstance(value, float) and value.is_integer()
            fix = f"write {int(value)}" if whole else f"write e.g. {_example(call)}"
            raise SpaceError(f"{call}: {name} must be a whole number, got {show(value)}; {fix}")
        found.append(int(value))
    return found


def _check_ends(call: str, low: float, high: float, *, log: bool) -> None:
    name = call.partition("(")[0]
    if low > high:
        raise SpaceError(f"{call}: low must not be above high; exchange them")
    if log and low <= 0:
        linear = EXAMPLES[name.replace("log", "")]
        raise SpaceError(
            f"{call}: low must be greater than 0 on a log scale, got {low!r}; "
            f"write e.g. {EXAMPLES[name]}, or {linear} for a range with 0"
        )
    if not math.isfinite(high - low):
        raise SpaceError(f"{call}: the range is wider than a float can hold; narrow it")


def _check_q(call: str, q: float) -> None:
    if q <= 0:
        raise SpaceError(
            f"{call}: q must be greater than 0, got {q!r}; write e.g. {_example(call)}"
        )


def _multiples(call: str, low: float, high: float, *, q: float) -> Lattice:
    _check_q(call, q)
    try:
        found = lattice(low, high, q)
    except SpaceError as error:
        raise SpaceError(f"{call}: {error}") from None
    if found.count < 1:
        raise SpaceError(
            f"{call}: no multiple of q={q!r} lies from {low!r} to {high!r}; "
            "make q smaller or the range wider"
        )
    return found


def _example(call: str) -> str:
    return EXAMPLES[call.partition("(")[0]]


def _listed(name: Literal["choice", "ordinal", "grid_search"], options: Any) -> tuple[Any, ...]:
    listed = getattr(options, "tolist", None)
    if callable(listed) and not isinstance(options, type):
        options = listed()
    if isinstance(options, str | bytes | dict) or not isinstance(options, Iterable):
        raise SpaceError(
            f"{name}({show(options)}) needs a list of options; write e.g. {EXAMPLES[name]}"
        )
    if isinstance(options, set | frozenset):
        raise SpaceError(
            f"{name}({show(options)}): a set has no order, so runs could not be repeated; "
            f"write a list, e.g. {EXAMPLES[name]}"
        )
    if isinstance(options, Domain | type):
        raise SpaceError(f"{name}({show(options)}) needs a list of options; put it in brackets")
    found = tuple(options)
    if not found:
        raise SpaceError(f"{name}([]) has no options; list at least one, e.g. {EXAMPLES[name]}")
    return found
