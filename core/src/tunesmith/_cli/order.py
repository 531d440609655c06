"""What `tunesmith run` is asked for, as an experiment."""

import copy
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from tunesmith._cli.expression import EXAMPLE, parameters, put
from tunesmith._run.configs import CheckpointConfig, FailureConfig
from tunesmith._run.experiment import Experiment
from tunesmith._run.specfile import check_texts, decode, tables
from tunesmith._trainable import location
from tunesmith._trainable.parameters import ParameterizedTrainable
from tunesmith.errors import UsageError
from tunesmith.space.document import read

_NAMED = ("searcher", "scheduler", "executor")


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One command line: what to run, and what of it to change.

    `options` are those of `tune.run` that were given, `settings` further ones as "key=value",
    `space` a file, and `params` texts like "lr=uniform(0, 1)".
    """

    target: str
    options: Mapping[str, Any] = {}
    settings: tuple[str, ...] = ()
    space: str | None = None
    params: tuple[str, ...] = ()


def compose(order: Order) -> Experiment:
    """Return the experiment; imports what the order names.

    Raises:
        UsageError: it names nothing that can be run, or an option is wrong.
    """
    target = order.target
    if target.endswith(".py"):
        raise UsageError(f"{target!r} is Python: name what in it to run, as in {target}:train")
    if target.endswith(".toml") or (":" not in target and Path(target).is_file()):
        return _from_tables(order, tables(target), repr(target))
    if ":" not in target:
        raise UsageError(
            f"{target!r} is no experiment file and no import path; write experiment.toml, "
            "my_module:train or path/to/file.py:train"
        )
    found = location.parse(target).load()
    if isinstance(found, Experiment):
        return _from_experiment(order, found)
    # An import path can be found again by a later process, objects bound to it cannot.
    is_bound = isinstance(found, ParameterizedTrainable)
    return _from_tables(order, {"trainable": found if is_bound else target}, "command line")


def _from_tables(order: Order, start: dict[str, Any], place: str) -> Experiment:
    ready: dict[str, Any] = {}
    if order.space or order.params:
        ready["space"] = _space(order, start.get("space", {}))
    elif "space" not in start:
        raise UsageError(
            f"{order.target!r} needs a space: describe each parameter as in {EXAMPLE}, or all of "
            "them in a file, --space space.toml"
        )
    return decode({**start, **changed(order.options, order.settings, start)}, place=place, **ready)


def _from_experiment(order: Order, experiment: Experiment) -> Experiment:
    if order.space or order.params:
        raise UsageError(
            f"{order.target!r} is an experiment with a space of its own, which --space and --param "
            "do not change; change it there, or name the training code instead"
        )
    start = {name: getattr(experiment, name) for name in experiment.__struct_fields__}
    changes = changed(order.options, order.settings, start)
    kept = {name: value for name, value in start.items() if name not in changes}
    return decode(changes, place="command line", **kept)


def _space(order: Order, described: Any) -> dict[str, Any]:
    """Return the definition of the space: a file's, or what was there, with the parameters."""
    if order.space is not None:
        described = document(order.space)
    check_texts(described)
    definition: dict[str, Any] = read(described)
    for path, value in _leaves(parameters(order.params)):
        put(definition, path, value, f"--param {'.'.join(path)}")
    return definition


def _leaves(table: dict[str, Any]) -> Iterator[tuple[list[str], Any]]:
    """Yield what is not a dict, or is an empty one, with the keys that lead to it."""
    for key, value in table.items():
        if isinstance(value, dict) and value:
            yield from (([key, *path], leaf) for path, leaf in _leaves(value))
        else:
            yield [key], value


def document(path: str) -> Any:
    """Return what a TOML or JSON file says of a space; of a whole experiment's, its space."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"cannot read --space {path!r} ({error.strerror}); give a TOML or JSON file"
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"--space {path!r} is no text in UTF-8") from error
    parse, form = (json.loads, "JSON") if path.endswith(".json") else (tomllib.loads, "TOML")
    try:
        found = parse(text)
    except ValueError as error:
        raise UsageError(f"--space {path!r} is no {form}: {error}") from error
    is_whole = "space" in found and set(found) <= set(Experiment.__struct_fields__)
    return found["space"] if is_whole else found


def changed(
    options: Mapping[str, Any], settings: Iterable[str], start: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the options that are given, in the form that a file would have them in.

    `settings` are texts like "stop.training_iteration=27"; `start` is what they change a part of.

    Raises:
        UsageError: quoting the text that cannot be read.
    """
    changes = dict(options)
    for name in _NAMED:
        if str(changes.get(name, "")).startswith("{"):
            changes[name] = _table_in(changes[name], f"--{name}")
    for text in settings:
        key, equals, value = text.partition("=")
        name, *path = key.strip().split(".")
        if not equals or not name or not all(path) or name == "space":
            raise UsageError(
                f"--set {text!r}: expected option=value, such as stop.training_iteration=27 or "
                "failure.fail_fast=true; parameters of the space are set with --param"
            )
        if not path:
            changes[name] = _typed(value)
            continue
        found = {**start, **changes}.get(name)
        table = _table(name, found)
        if table is None:
            raise UsageError(
                f"--set {text!r}: {name} is {found!r}, which has no options; set all of {name}"
            )
        put(table, path, _typed(value), f"--set {text!r}")
        changes[name] = table
    return changes


def _table(name: str, value: Any) -> dict[str, Any] | None:
    """Return an option as a table of its own options, None where it cannot have any."""
    if value is None and name in _NAMED:
        value = next(one.default for one in msgspec.structs.fields(Experiment) if one.name == name)
    if isinstance(value, str) and name in _NAMED:
        return {"name": value}
    if isinstance(value, msgspec.Struct | CheckpointConfig | FailureConfig):
        value = msgspec.to_builtins(value)
    if value is None:
        return {}
    return copy.deepcopy(dict(value)) if isinstance(value, Mapping) else None


def _table_in(text: str, option: str) -> Any:
    """Return a table written as in TOML, or as JSON."""
    table = _typed(text)
    if not isinstance(table, str):
        return table
    try:
        return json.loads(text)
    except ValueError as error:
        raise UsageError(
            f"{option} {text!r} is neither TOML nor JSON ({error}); "
            f'write it as in {option} \'{{name="optuna", sampler="gp"}}\''
        ) from error


def _typed(text: str) -> Any:
    """Return a value written as in TOML; what is none is a string."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
