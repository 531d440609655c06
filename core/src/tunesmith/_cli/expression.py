"""Parameters on the command line: "lr=loguniform(1e-4, 1e-1)" without running what it says."""

import ast
from collections.abc import Iterable
from typing import Any

from tunesmith.errors import UsageError, did_you_mean
from tunesmith.space.dsl import LANGUAGE

CALLS = tuple(name for name in LANGUAGE if name != "sample_from")
EXAMPLE = "--param 'lr=loguniform(1e-4, 1e-1)'"


def parameters(texts: Iterable[str]) -> dict[str, Any]:
    """Return the nested definition of "path=value" texts; a dot in a path leads into a table.

    A value is a number, a string in quotes, None, True, False, a list or dict of values, or one of
    the space language's functions of them.

    Raises:
        UsageError: quoting the text and what in it cannot be read.
    """
    space: dict[str, Any] = {}
    given: dict[str, str] = {}
    for text in texts:
        path, equals, value = text.partition("=")
        keys = path.strip().split(".")
        if not equals or not all(keys):
            raise UsageError(f"--param {text!r}: expected name=domain, as in {EXAMPLE}")
        if (name := ".".join(keys)) in given:
            raise UsageError(f"--param {given[name]!r} and {text!r}: {name} is given twice")
        given[name] = text
        put(space, keys, _parsed(value, text), f"--param {text!r}")
    return space


def put(table: dict[str, Any], keys: list[str], value: Any, what: str) -> None:
    """Set a value within nested dicts, which are made on the way.

    Raises:
        UsageError: something on the way is no dict; the message begins with `what`.
    """
    *path, last = keys
    for key in path:
        table = table.setdefault(key, {})
        if not isinstance(table, dict):
            raise UsageError(f"{what}: {key!r} is {table!r} already; name one or the other")
    table[last] = value


def _parsed(text: str, what: str) -> Any:
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError):
        raise UsageError(
            f"--param {what!r}: {text.strip()!r} cannot be read; write it as in {EXAMPLE}"
        ) from None
    try:
        return _value(tree.body)
    except UsageError as error:
        raise UsageError(f"--param {what!r}: {error}") from error


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=None | bool() | int() | float() | str() as value):
            return value
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=ast.Constant(value=number)):
            if isinstance(number, int | float):
                return -number if isinstance(sign, ast.USub) else number
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [_value(item) for item in items]
        case ast.Dict(keys=keys, values=values) if None not in keys:
            pairs = zip(keys, values, strict=True)
            return {_value(key): _value(value) for key, value in pairs if key is not None}
        case ast.Call(func=function, args=arguments, keywords=options):
            return _call(function, arguments, options)
        case ast.Name(id=name):
            raise UsageError(f"{name} is no value; write a string in quotes: {name!r}")
    raise UsageError(
        f"{ast.unparse(node)!r} is computed; write numbers, strings in quotes, lists, dicts, or "
        f"one of {', '.join(CALLS)}"
    )


def _call(function: ast.expr, arguments: list[ast.expr], options: list[ast.keyword]) -> Any:
    name = ast.unparse(function).removeprefix("tune.")
    if name not in CALLS:
        if name == "sample_from":
            raise UsageError("sample_from needs a function; define this space in Python")
        known = did_you_mean(name, CALLS) or f"; there are {', '.join(CALLS)}"
        raise UsageError(f"there is no domain {name!r}{known}")
    values = [_value(argument) for argument in arguments]
    named = {option.arg or "**": _value(option.value) for option in options}
    try:
        return LANGUAGE[name](*values, **named)
    except TypeError as error:
        raise UsageError(str(error)) from None
