"""The written form of a space, for JSON and TOML.

A domain is a dict with one key, the name of the function, and its arguments: `{"uniform": [0, 1]}`,
`{"choice": ["relu", {"name": "prelu", "init": {"uniform": [0, 1]}}]}`. Arguments may be named:
`{"uniform": {"low": 0, "high": 1}}`. Dicts with one key that could be taken for that are wrapped:
`{"$table": ...}` around a dict of parameters, `{"$value": ...}` around a constant. An object stands
as `{"$object": label}`.
"""

import difflib
from collections.abc import Mapping
from typing import Any

from tunesmith.space.branches import Branches
from tunesmith.space.domain import Computation, Domain, Verbatim
from tunesmith.space.dsl import EXAMPLES, LANGUAGE
from tunesmith.space.error import SpaceError, show
from tunesmith.space.node import Computed, Constant, Leaf, Node, Table
from tunesmith.space.parameter import (
    CategoricalParameter,
    FloatParameter,
    IntParameter,
    NormalParameter,
    OrdinalParameter,
    Parameter,
)
from tunesmith.space.plain import copied, float_in

TABLE = "$table"
VALUE = "$value"
_LISTS = ("choice", "ordinal", "grid_search")


def write(root: Table) -> dict[str, Any]:
    """Return the written form of a whole space."""
    return {key: _written(child) for key, child in root.children.items()}


def read(document: Any) -> Any:
    """Return the definition (domains and constants) that a written space stands for."""
    if not isinstance(document, Mapping):
        raise SpaceError(
            f"space must be a table of parameters, got {show(document)}; "
            "write e.g. lr = {loguniform = [1e-4, 1e-1]}"
        )
    return {key: _read(value, str(key)) for key, value in document.items()}


def _written(node: Node) -> Any:
    if isinstance(node, Table):
        table = write(node)
        return {TABLE: table} if _reserved(table) else table
    if isinstance(node, Constant):
        value = copied(node.parameter.value)
        return {VALUE: value} if _has_reserved(value) else value
    if isinstance(node, Computed):
        return {"sample_from": node.parameter.function}
    if isinstance(node, Branches):
        options = node.parameter.options
        return {
            _kind(node.parameter): [
                _written(node.nodes[option]) if option in node.nodes else option
                for option in options
            ]
        }
    assert isinstance(node, Leaf)  # noqa: S101  (there are no other nodes)
    return _call(node.parameter)


def _call(parameter: Parameter) -> dict[str, Any]:
    if isinstance(parameter, FloatParameter):
        ends = [parameter.low, parameter.high]
        log = "log" if parameter.log else ""
        if parameter.step is None:
            return {f"{log}uniform": ends}
        return {f"q{log}uniform": [*ends, parameter.step]}
    if isinstance(parameter, IntParameter):
        log = "log" if parameter.log else ""
        if parameter.step == 1:
            return {f"{log}randint": [parameter.low, parameter.high + 1]}
        return {f"q{log}randint": [parameter.low, parameter.high, parameter.step]}
    if isinstance(parameter, NormalParameter):
        if parameter.step is None:
            return {"randn": [parameter.mean, parameter.sd]}
        return {"qrandn": [parameter.mean, parameter.sd, parameter.step]}
    return {_kind(parameter): list(getattr(parameter, "options", ()))}


def _kind(parameter: Parameter) -> str:
    if isinstance(parameter, CategoricalParameter):
        return "choice"
    return "ordinal" if isinstance(parameter, OrdinalParameter) else "grid_search"


def _reserved(value: Mapping[str, Any]) -> bool:
    """Tell whether a dict would be read as something else, or as a misspelt domain."""
    if len(value) != 1:
        return False
    key, item = next(iter(value.items()))
    if key in LANGUAGE or key in (TABLE, VALUE):
        return True
    return isinstance(item, list) and _misspelt(str(key)) is not None


def _misspelt(name: str) -> str | None:
    return next(iter(difflib.get_close_matches(name, LANGUAGE, 1, 0.8)), None)


def _has_reserved(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_has_reserved, value))
    if isinstance(value, dict):
        return _reserved(value) or any(map(_has_reserved, value.values()))
    return False


def _read(value: Any, path: str) -> Any:
    if isinstance(value, list):
        return [_read(item, f"{path}[{at}]") for at, item in enumerate(value)]
    if not isinstance(value, Mapping):
        return value
    number = float_in(value)
    if number is not None:
        return number
    if len(value) == 1:
        key, item = next(iter(value.items()))
        if key == VALUE:
            return Verbatim(item)
        if key == TABLE:
            return read(item)
        if _reserved(value):
            return _read_domain(key, item, path)
    return {key: _read(item, f"{path}/{key}") for key, item in value.items()}


def _read_domain(name: str, given: Any, path: str) -> Domain:
    function = LANGUAGE.get(name)
    if function is None:
        raise SpaceError(
            f"{path!r} is {{{name!r}: {show(given)}}}; did you mean {_misspelt(name)!r}? "
            f'A constant that looks like this is written {{"{VALUE}": ...}}'
        )
    if name == "sample_from":
        if not isinstance(given, str):
            raise SpaceError(f"{path!r}: sample_from must be a string, got {show(given)}")
        return Computation(given, None)
    named = isinstance(given, Mapping)
    if name in _LISTS:
        listed = given.get("options", given.get("values")) if named else given
        if not isinstance(listed, list):
            raise SpaceError(
                f"{path!r}: {name} needs a list of options, got {show(given)}; "
                f'a dict of parameters called {name!r} is written {{"{TABLE}": ...}}'
            )
        options = tuple(_read(item, f"{path}[{at}]") for at, item in enumerate(listed))
        return function(options)
    try:
        return function(**given) if named else function(*given)
    except TypeError:
        raise SpaceError(
            f"{path!r}: {name} does not take the arguments {show(given)}; "
            f"write e.g. {_example(name)}"
        ) from None


def _example(name: str) -> str:
    arguments = EXAMPLES[name].partition("(")[2].removesuffix(")")
    return f"{name} = [{arguments}]"
