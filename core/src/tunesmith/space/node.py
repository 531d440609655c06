"""The parts of a nested space: each builds, recognises and restores its part of a configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from tunesmith.errors import did_you_mean
from tunesmith.space.error import SpaceError, show
from tunesmith.space.parameter import PRIMITIVES
from tunesmith.space.plain import copied, same

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from tunesmith.space.flat import FlatConfig, Row
    from tunesmith.space.parameter import ComputedParameter, FixedParameter, Parameter

ABSENT = object()
"""Stands for a value that is not there, since None is a value."""


class Filling(NamedTuple):
    """What is collected while a partial configuration is completed."""

    rng: Random
    flat: FlatConfig
    computed: dict[str, Any]


class Node(Protocol):
    """One part of a nested space."""

    def build(self, flat: Mapping[str, Any]) -> Any:
        """Return this part of the nested plain configuration; ABSENT where it is computed."""

    def flatten(self, value: Any, flat: FlatConfig) -> None:
        """Add the flat values behind `value` to `flat`, or raise `SpaceError`."""

    def fill(self, value: Any, filling: Filling) -> None:
        """Like `flatten`, but draw what is ABSENT."""

    def accepts(self, value: Any, *, partly: bool) -> bool:
        """Tell whether `value` belongs here; `partly` if keys may be missing."""

    def restore(self, value: Any) -> Any:
        """Return the live form of a plain value that belongs here."""


class Leaf:
    """A parameter whose flat value is the nested one."""

    def __init__(self, parameter: Parameter, row: Row) -> None:
        self.parameter = parameter
        self.path = row.path
        self._check = row.check
        self._decode = row.decode

    def build(self, flat: Mapping[str, Any]) -> Any:
        """Return the flat value."""
        return flat[self.path]

    def flatten(self, value: Any, flat: FlatConfig) -> None:
        """Check the value and take it."""
        flat[self.path] = self._check(value)

    def fill(self, value: Any, filling: Filling) -> None:
        """Check the value, or draw one."""
        drawn = value is ABSENT
        flat = filling.flat
        flat[self.path] = self._decode(filling.rng.random()) if drawn else self._check(value)

    def accepts(self, value: Any, *, partly: bool) -> bool:  # noqa: ARG002
        """Tell whether the value is in the domain."""
        try:
            self._check(value)
        except SpaceError:
            return False
        return True

    def restore(self, value: Any) -> Any:
        """Return the value: it is a builtin."""
        return value


class Constant:
    """A constant in its plain form, and the live object where that differs."""

    def __init__(self, parameter: FixedParameter, live: Any = ABSENT) -> None:
        self.parameter = parameter
        self._live = live
        self._simple = type(parameter.value) in PRIMITIVES

    def build(self, flat: Mapping[str, Any]) -> Any:  # noqa: ARG002
        """Return the plain form; lists and dicts are copied, so that nobody changes the space."""
        return self.parameter.value if self._simple else copied(self.parameter.value)

    def flatten(self, value: Any, flat: FlatConfig) -> None:  # noqa: ARG002
        """Refuse another value."""
        if not same(value, self.parameter.value):
            raise SpaceError(
                f"{self.parameter.path!r} is {show(value)}, expected the constant "
                f"{show(self.parameter.value)}"
            )

    def fill(self, value: Any, filling: Filling) -> None:
        """Refuse another value."""
        if value is not ABSENT:
            self.flatten(value, filling.flat)

    def accepts(self, value: Any, *, partly: bool) -> bool:  # noqa: ARG002
        """Tell whether the value is the constant."""
        return same(value, self.parameter.value)

    def restore(self, value: Any) -> Any:
        """Return the live object."""
        return copied(value if self._live is ABSENT else self._live)


class Computed:
    """The result of a function; it is put in once everything else is there."""

    def __init__(self, parameter: ComputedParameter) -> None:
        self.parameter = parameter

    def build(self, flat: Mapping[str, Any]) -> Any:  # noqa: ARG002
        """Return ABSENT."""
        return ABSENT

    def flatten(self, value: Any, flat: FlatConfig) -> None:
        """Take any value: the function decides."""

    def fill(self, value: Any, filling: Filling) -> None:
        """Keep a given value, so that a recorded configuration stays what it was."""
        if value is not ABSENT:
            filling.computed[self.parameter.path] = value

    def accepts(self, value: Any, *, partly: bool) -> bool:  # noqa: ARG002
        """Accept any value."""
        return True

    def restore(self, value: Any) -> Any:
        """Return the value, which is plain data."""
        return copied(value)


class Table:
    """A dict whose keys lead to further parts."""

    def __init__(self, path: str, children: dict[str, Node]) -> None:
        self.path = path
        self.children = children
        self._items = tuple(children.items())
        self._optional = {key for key, child in self._items if isinstance(child, Computed)}

    def build(self, flat: Mapping[str, Any]) -> Any:
        """Return the dict, without what is computed."""
        config = {}
        for key, child in self._items:
            value = child.build(flat)
            if value is not ABSENT:
                config[key] = value
        return config

    def flatten(self, value: Any, flat: FlatConfig) -> None:
        """Take every key; refuse missing and unknown ones."""
        if not isinstance(value, dict):
            raise self._not_a_dict(value)
        if len(value) != len(self.children):
            self._check_keys(value)
        for key, child in self._items:
            try:
                item = value[key]
            except KeyError:
                self._check_keys(value)
            else:
                child.flatten(item, flat)

    def fill(self, value: Any, filling: Filling) -> None:
        """Take the keys that are there; refuse unknown ones."""
        given = {} if value is ABSENT else value
        if not isinstance(given, dict):
            raise self._not_a_dict(value)
        self._check_unknown(given)
        for key, child in self._items:
            child.fill(given.get(key, ABSENT), filling)

    def accepts(self, value: Any, *, partly: bool) -> bool:
        """Tell whether keys and values fit."""
        if not isinstance(value, dict) or not value.keys() <= self.children.keys():
            return False
        if not partly and not self.children.keys() - self._optional <= value.keys():
            return False
        return all(self.children[key].accepts(value[key], partly=partly) for key in value)

    def restore(self, value: Any) -> Any:
        """Return the dict with live values."""
        self._check_unknown(value)
        return {key: self.children[key].restore(item) for key, item in value.items()}

    def _not_a_dict(self, value: Any) -> SpaceError:
        where = f"{self.path!r}" if self.path else "configuration"
        return SpaceError(
            f"{where} is {show(value)}, expected a dict with the keys {', '.join(self.children)}"
        )

    def _check_keys(self, value: dict[Any, Any]) -> None:
        self._check_unknown(value)
        for key in self.children:
            if key not in value and key not in self._optional:
                where = f" under {self.path!r}" if self.path else ""
                raise SpaceError(
                    f"configuration {show(value)} lacks the key {key!r}{where}; add it"
                )

    def _check_unknown(self, value: dict[Any, Any]) -> None:
        for key in value:
            if key not in self.children:
                where = f" under {self.path!r}" if self.path else ""
                known = ", ".join(self.children) or "none"
                close = did_you_mean(str(key), self.children)
                raise SpaceError(
                    f"configuration has the unknown key {key!r}{where}"
                    f"{close or f'; the keys are: {known}'}"
                )
