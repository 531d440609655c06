"""Flat configurations: drawn and checked parameter by parameter, in the order of the space."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tunesmith.errors import did_you_mean
from tunesmith.space.checker import Checker, checker, expectation
from tunesmith.space.error import SpaceError, show
from tunesmith.space.parameter import (
    ComputedParameter,
    Condition,
    FixedParameter,
    Parameter,
    Primitive,
)
from tunesmith.space.unit import Decoder, decoder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from random import Random

FlatConfig = dict[str, Primitive]

Conditions = tuple[tuple[str, frozenset[Primitive]], ...]

_ABSENT = object()


class Row(NamedTuple):
    """What is needed about one parameter again and again."""

    path: str
    conditions: Conditions
    decode: Decoder
    check: Checker


class Flat:
    """The drawn parameters of a space (grid parameters included), compiled once."""

    def __init__(self, parameters: Iterable[Parameter]) -> None:
        self.parameters = tuple(
            parameter
            for parameter in parameters
            if not isinstance(parameter, FixedParameter | ComputedParameter)
        )
        self.rows = tuple(
            Row(
                parameter.path,
                conditions(parameter.when),
                decoder(parameter),
                checker(parameter),
            )
            for parameter in self.parameters
        )
        self.by_path = {row.path: row for row in self.rows}

    def draw(self, rng: Random, given: Mapping[str, Primitive] | None = None) -> FlatConfig:
        """Draw every active parameter, except those whose value is given."""
        random = rng.random
        flat: FlatConfig = {}
        for path, needed, decode, check in self.rows:
            if needed and not holds(needed, flat):
                continue
            if given and path in given:
                flat[path] = check(given[path])
            else:
                flat[path] = decode(random())
        if given and not given.keys() <= flat.keys():
            self._refuse_extra(given, flat)
        return flat

    def check(self, flat: Mapping[str, Any]) -> FlatConfig:
        """Return the same configuration in builtin types, or raise `SpaceError`."""
        checked: FlatConfig = {}
        for path, needed, _, check in self.rows:
            if needed and not holds(needed, checked):
                continue
            try:
                value = flat[path]
            except KeyError:
                raise self._missing(path) from None
            checked[path] = check(value)
        if len(checked) != len(flat):
            self._refuse_extra(flat, checked)
        return checked

    def _missing(self, path: str) -> SpaceError:
        parameter = next(parameter for parameter in self.parameters if parameter.path == path)
        return SpaceError(
            f"{path!r} is missing from the flat configuration; give it {expectation(parameter)}"
        )

    def _refuse_extra(self, flat: Mapping[str, Any], active: Mapping[str, Any]) -> None:
        for path in flat:
            if path in active:
                continue
            if path not in self.by_path:
                close = did_you_mean(str(path), self.by_path)
                raise SpaceError(
                    f"{path!r} is no parameter of this space{close or '; leave it out'}"
                )
            for parent, options in self.by_path[path].conditions:
                if active.get(parent, _ABSENT) not in options:
                    wanted = " or ".join(sorted(map(show, options)))
                    raise SpaceError(
                        f"{path!r} is given, but it exists only where {parent!r} is {wanted}; "
                        f"leave it out where {parent!r} is {show(active.get(parent))}"
                    )


def conditions(when: tuple[Condition, ...]) -> Conditions:
    """Return conditions in the form that `holds` takes."""
    return tuple((condition.path, frozenset(condition.options)) for condition in when)


def holds(needed: Conditions, flat: Mapping[str, Any]) -> bool:
    """Tell whether the flat values so far fulfil all conditions."""
    for path, options in needed:  # noqa: SIM110  (a generator would cost more than the test)
        if flat.get(path, _ABSENT) not in options:
            return False
    return True
