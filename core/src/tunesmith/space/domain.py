"""Domains: what the functions of the space language return, before they have a place in a space."""

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from tunesmith.space.error import show
from tunesmith.space.parameter import FloatParameter, IntParameter, NormalParameter


class Domain(msgspec.Struct, frozen=True):
    """The possible values of one parameter; put it under a key of a space."""


class Range(Domain, frozen=True, repr_omit_defaults=True):
    """Numbers; `prototype` is the parameter, still without a path."""

    call: str
    prototype: FloatParameter | IntParameter | NormalParameter

    def __repr__(self) -> str:
        """Return the call that made it."""
        return self.call


class Options(Domain, frozen=True):
    """One of several options; those of a choice may be dicts with domains inside."""

    kind: Literal["choice", "ordinal", "grid_search"]
    options: tuple[Any, ...]

    def __repr__(self) -> str:
        """Return the call that made it."""
        return f"{self.kind}({show(list(self.options))})"


class Computation(Domain, frozen=True):
    """A function of the configuration so far; without the function only its label is known."""

    label: str | None
    function: Callable[[dict[str, Any]], Any] | None

    def __repr__(self) -> str:
        """Return the call that made it."""
        return f"sample_from({self.label or show(self.function)})"


class Verbatim(Domain, frozen=True):
    """A constant that is to be taken as it is, whatever it looks like."""

    value: Any
