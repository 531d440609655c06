"""What the annotation of an option admits, and how to say it in words.

An annotation of a kind that is not known here, or that names what is imported for type checkers
only, admits everything.
"""

import inspect
import types
import typing
from collections import abc
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Literal

import msgspec

_WORDS: Mapping[Any, str] = {
    bool: "True or False",
    int: "a whole number",
    float: "a number",
    str: "a string",
    type(None): "None",
    None: "None",
}
_LISTS = (abc.Sequence, abc.Iterable, abc.Collection, list, tuple)
_NO_LISTS = (str, bytes, abc.Mapping, abc.Set)


def resolved(annotation: Any, factory: Callable[..., Any]) -> Any:
    """Return the annotation of a parameter of `factory` as a type, `Any` where it cannot be one."""
    if annotation is inspect.Parameter.empty:
        return Any
    called: Any = vars(factory).get("__init__") if isinstance(factory, type) else factory
    holder = types.SimpleNamespace(__annotations__={"it": annotation})
    names = getattr(called, "__globals__", {})
    try:
        return typing.get_type_hints(holder, names, include_extras=True)["it"]
    except (NameError, TypeError, AttributeError, SyntaxError):
        return Any


def admits(hint: Any, value: Any) -> bool:
    """Tell whether `value` is one that `hint` stands for; no number is a NaN."""
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(admits(part, value) for part in parts)
    if origin is Literal:
        return any(type(value) is type(word) and value == word for word in parts)
    if origin is Annotated:
        return admits(parts[0], value) and _is_within(hint, value)
    if hint in (int, float):
        is_number = isinstance(value, int | hint) and not isinstance(value, bool)
        return is_number and value == value  # noqa: PLR0124 (a NaN is not)
    if hint in (None, type(None)):
        return value is None
    kind = origin or hint
    if kind in (abc.Callable, Callable):
        return callable(value) and _takes(value, parts)
    if kind in (abc.Mapping, dict):
        return isinstance(value, Mapping) and _all_admitted(parts, value.items())
    if kind in _LISTS:
        is_list = isinstance(value, abc.Collection) and not isinstance(value, _NO_LISTS)
        return is_list and _all_admitted(parts, ((item,) for item in value))
    is_class = isinstance(kind, type) and not getattr(kind, "_is_protocol", False)
    return hint is Any or not is_class or isinstance(value, kind)


def words(hint: Any) -> Iterator[Any]:
    """Yield the values that `hint` names one by one."""
    if typing.get_origin(hint) is Literal:
        yield from typing.get_args(hint)
    elif typing.get_origin(hint) in (typing.Union, types.UnionType):
        for part in typing.get_args(hint):
            yield from words(part)


def spelt(hint: Any) -> str:
    """Return in words what `hint` stands for."""
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(spelt(part) for part in parts)
    if origin is Literal:
        return ", ".join(map(repr, parts))
    if origin is Annotated:
        return " ".join([spelt(parts[0]), *map(_bounds, parts[1:])]).rstrip()
    if hint in _WORDS:
        return _WORDS[hint]
    kind = origin or hint
    if kind in (abc.Callable, Callable):
        count = len(parts[0]) if parts and isinstance(parts[0], list) else None
        return "a function" + ("" if count is None else f" of {count} argument{'s' * (count != 1)}")
    if kind in (abc.Mapping, dict):
        key, value = (*parts, Any, Any)[:2]
        return "a mapping" + ("" if value is Any else f" ({spelt(key)}: {spelt(value)})")
    if kind in _LISTS:
        item = parts[0] if parts else Any
        return "a list" + ("" if item is Any else f" (each {spelt(item)})")
    return getattr(kind, "__name__", str(kind))


def _all_admitted(hints: tuple[Any, ...], rows: Any) -> bool:
    # A tuple's further parts, and its ellipsis, go unread: options are lists of one kind.
    return all(admits(hint, one) for row in rows for hint, one in zip(hints, row, strict=False))


def _takes(function: Callable[..., Any], parts: tuple[Any, ...]) -> bool:
    """Tell whether a function can be called with as many arguments as its type says."""
    if not parts or not isinstance(parts[0], list):
        return True
    try:
        inspect.signature(function).bind(*parts[0])
    except TypeError:
        return False
    except ValueError:
        pass  # a builtin without a signature: the first call will tell
    return True


def _is_within(hint: Any, value: Any) -> bool:
    try:
        msgspec.convert(value, hint)
    except msgspec.ValidationError:
        return False
    return True


def _bounds(meta: Any) -> str:
    names = {"ge": "from", "gt": "above", "le": "to", "lt": "below", "min_length": "of at least"}
    found = [(word, getattr(meta, name, None)) for name, word in names.items()]
    return " ".join(f"{word} {bound:g}" for word, bound in found if bound is not None)
