"""An experiment written down: `experiment.toml` and its tables.

Reading one runs no code, but for the modules that a `constraint` names by import path; the
trainable's own is imported when the experiment runs.
"""

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from tunesmith._run.checks.surroundings import check_names
from tunesmith._run.checks.values import is_list
from tunesmith._run.configs import CheckpointConfig, FailureConfig
from tunesmith._run.experiment import Experiment
from tunesmith._trainable import location
from tunesmith.errors import UsageError
from tunesmith.protocols import Resources
from tunesmith.space import Space
from tunesmith.space.dsl import LANGUAGE

_CALL = re.compile(r"\s*(?:tune\.)?(\w+)\s*\((.*)\)\s*")


def read(path: str | os.PathLike[str], **changes: Any) -> Experiment:
    """Return the experiment in a TOML file; `changes` take precedence over what it says.

    Raises:
        UsageError: naming the file and the key in it that is wrong.
    """
    return decode(tables(path), place=repr(str(path)), **changes)


def tables(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return what a TOML file says, unchecked.

    Raises:
        UsageError: naming the file, which cannot be read.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"cannot read {str(path)!r} ({error.strerror}); give the path of an experiment.toml"
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{str(path)!r} is no text in UTF-8; give a TOML file") from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{str(path)!r} is no TOML: {error}") from error


def decode(tables: Mapping[str, Any], *, place: str = "experiment", **changes: Any) -> Experiment:
    """Return the experiment that nested plain data describes; errors name `place`."""
    check_names(tables, Experiment.__struct_fields__, place)
    for key in ("trainable", "space"):
        if key not in tables and key not in changes:
            example = "trainable = 'my_module:train'" if key == "trainable" else "a table [space]"
            raise UsageError(f"{place} has no {key!r}; add {example}")
    options: dict[str, Any] = {}
    for key, value in tables.items():
        if key in changes:
            continue
        try:
            options[key] = decode_option(key, value)
        except UsageError as error:
            raise UsageError(f"{place}, {key}: {error}") from error
    try:
        return Experiment.create(**{**options, **changes})
    except UsageError as error:
        raise UsageError(f"{place}: {error}") from error


def decode_option(key: str, value: Any) -> Any:
    """Return one option as `tune.run` takes it, from its plain form.

    Raises:
        UsageError: it is wrong.
    """
    return _DECODERS[key](value) if key in _DECODERS else value


def _config(key: str, kind: type[CheckpointConfig | FailureConfig]) -> Callable[[Any], Any]:
    def decode_config(value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise UsageError(f"{value!r} is no table; write its options one per line below [{key}]")
        names = [one.name for one in fields(kind)]
        check_names(value, names, f"the table [{key}]", kind.ELSEWHERE)
        return kind(**value)

    return decode_config


def _space(value: Any) -> Space:
    check_texts(value)
    return Space.from_dict(value)


def check_texts(value: Any, path: str = "") -> None:
    """Refuse text that was meant as a domain: it would be a constant, and nothing tuned.

    Raises:
        UsageError: with how to write it.
    """
    if isinstance(value, Mapping):
        for key, one in value.items():
            check_texts(one, f"{path}.{key}".removeprefix("."))
    elif isinstance(value, str) and (call := _CALL.fullmatch(value)) and call[1] in LANGUAGE:
        name, given = call[1], call[2].strip()
        if "=" in given:
            given = f"{{{given}}}"
        elif not given.startswith("["):
            given = f"[{given}]"
        raise UsageError(
            f"{path} = {value!r} is text, which is no domain; write {path} = {{{name} = {given}}}"
        )


def _resources(value: Any) -> Any:
    if isinstance(value, Mapping) and "bundles" in value:
        check_names(value, Resources.__struct_fields__, "the table [resources]")
        return Resources(**value)
    return value


def _constraint(value: Any) -> Any:
    return tuple(map(_function, value if is_list(value) else (value,)))


def _function(path: Any) -> Any:
    if not isinstance(path, str):
        raise UsageError(f"{path!r} is no import path; write 'my_module:feasible'")
    try:
        # Found where training code is found, beside the working directory and in files too.
        return location.parse(path).load()
    except UsageError as error:
        raise UsageError(str(error).removeprefix("trainable ")) from error


_DECODERS: Mapping[str, Callable[[Any], Any]] = {
    "space": _space,
    "checkpoint": _config("checkpoint", CheckpointConfig),
    "failure": _config("failure", FailureConfig),
    "resources": _resources,
    "constraint": _constraint,
}
