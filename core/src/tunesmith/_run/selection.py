"""A run's algorithms as its journal keeps them, and as a resume chooses them again.

A journal holds plain data. An option that is none, and a factory that no import path leads to,
leave a mark, and have to be given again.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from tunesmith.errors import UsageError
from tunesmith.plugins import Choice, resolve
from tunesmith.space.plain import describe, is_plain

GIVEN = "$given"
"""The key of a mark: what it holds is how the thing looked."""

Kind = Literal["searcher", "scheduler", "executor"]


def kept(choice: Choice[Any]) -> dict[str, Any]:
    """Return what chooses an algorithm again, as plain data with marks."""
    definition = {option: _marked(value) for option, value in choice.definition.items()}
    if not choice.is_found_again:
        definition[GIVEN] = describe(choice.factory)
    return definition


def is_mark(value: object) -> bool:
    """Tell whether a value stands for what a journal cannot hold."""
    return isinstance(value, Mapping) and GIVEN in value


def again(kind: Kind, recorded: Mapping[str, Any], *, given: Any, folder: Path) -> Any:
    """Return what chooses a run's algorithm again: what is `recorded`, or the same as `given`.

    Raises:
        UsageError: it has to be given, or is another one than the run began with.
    """
    if given is None:
        return _found(kind, recorded, f"tune.resume({str(folder)!r}, {kind}=...)")
    wanted = kept(resolve(kind, given))
    if _fixed(wanted) != _fixed(recorded):
        fix = "only its timeout_s can be changed; " if kind == "searcher" else ""
        raise UsageError(
            f"{kind}={given!r}: a run goes on with the {kind} it began with, {_told(recorded)};"
            f" {fix}start a new run, with warm_start="
        )
    return given


def _found(kind: Kind, recorded: Mapping[str, Any], call: str) -> Mapping[str, Any]:
    """Return what is recorded, if it leads to an algorithm; `call` gives it otherwise."""
    if is_mark(recorded) or any(map(is_mark, recorded.values())):
        raise UsageError(
            f"this run has {kind}={_told(recorded)}, which a journal cannot hold; give it again:"
            f" {call}"
        )
    if ":" in recorded["name"]:
        try:
            resolve(kind, recorded)
        except UsageError as error:
            raise UsageError(f"{error}; or give it again: {call}") from error
    return recorded


def _marked(value: Any) -> Any:
    listed = _listed(value)
    return listed if is_plain(listed) else {GIVEN: describe(value)}


def _listed(value: Any) -> Any:
    """Return a value with lists for its tuples, as JSON has them."""
    if isinstance(value, list | tuple):
        return [_listed(one) for one in value]
    if type(value) is dict:
        return {key: _listed(one) for key, one in value.items()}
    return value


def _fixed(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return what must be the same: all but the patience, and of what is marked only that it is."""
    return {
        option: None if option == GIVEN or is_mark(value) else value
        for option, value in definition.items()
        if option != "timeout_s"
    }


def _told(definition: Mapping[str, Any]) -> str:
    """Return a definition as text, with what marks stand for."""
    if GIVEN in definition:
        return str(definition[GIVEN])
    parts = (
        f"{option!r}: {value[GIVEN] if is_mark(value) else repr(value)}"
        for option, value in definition.items()
    )
    return f"{{{', '.join(parts)}}}"
