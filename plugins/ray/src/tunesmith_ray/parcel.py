"""The training code, packed once for every worker, and the reason why it cannot be."""

import functools
import itertools
import sys
import types
from collections.abc import Iterator, Mapping, Sized
from typing import Any

import msgspec
import ray

from tunesmith.errors import UsageError
from tunesmith.space import Space

LARGE = 10 * 2**20
"""Bytes from which a parcel is worth a word."""

_DEPTH = 8
_SAMPLE = 100


class Culprit(msgspec.Struct, frozen=True):
    """A variable on the way to what cannot be pickled, and its value."""

    name: str
    value: Any


def pack(thing: Any) -> bytes:
    """Return `thing` pickled, everything it captures included.

    Raises:
        UsageError: something it captures cannot be pickled; the message names the variable.
    """
    try:
        return _dumps(thing)
    except Exception as error:
        raise UsageError(_explain(thing, error)) from error


def heaviest(thing: Any) -> str:
    """Return the name of the captured variable that takes most of the space, or "".

    Sizes are estimated: pickling everything once more could take as long as the run.
    """
    sizes = {name: _size(value, set()) for name, value in _captured(thing, set())}
    name = max(sizes, key=lambda key: sizes[key], default="")
    return name if name and sizes[name] >= LARGE else ""


def describe_culprit(culprit: Culprit) -> str:
    """Return the variable and the class of its value, as people would say it."""
    kind = type(culprit.value)
    shown = f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
    return f"variable {culprit.name!r} (a {shown})" if culprit.name else f"a {shown}"


def _explain(thing: Any, error: Exception) -> str:
    path = _unpicklable_parameter(thing)
    if path:
        return (
            f"cannot send the search space to Ray workers: what {path!r} stands for cannot be "
            "pickled; choose among names or numbers, create the object from them inside the "
            "training function, or use executor='inline'"
        )
    culprit = find_culprit(thing)
    what = "cannot send the training function to Ray workers"
    if culprit is None or culprit.value is thing:
        return f"{what}: {error}; define it at the top of a module or use executor='inline'"
    return (
        f"{what}: {describe_culprit(culprit)} cannot be pickled; "
        "create it inside the function or use executor='inline'"
    )


def _unpicklable_parameter(thing: Any) -> str:
    """Return the path of an object in the search space that cannot be pickled, or ""."""
    space = getattr(getattr(thing, "settings", None), "space", None)
    live = space.live if isinstance(space, Space) else {}
    return next((path for path, value in live.items() if not _picklable(value)), "")


def find_culprit(thing: Any) -> Culprit | None:
    """Return the innermost captured value that cannot be pickled, and its author's name for it."""
    if _picklable(thing):
        return None
    name, seen = "", {id(thing)}
    for _ in range(_DEPTH):
        for part in _parts(thing):
            if id(part.value) not in seen and not _picklable(part.value):
                seen.add(id(part.value))
                fresh = isinstance(thing, types.FunctionType | functools.partial)
                name = part.name if fresh else _join(name, part.name)
                thing = part.value
                break
        else:
            break
    return Culprit(name, thing)


def _join(name: str, part: str) -> str:
    if not name or not part:
        return name or part
    return name + part if part.startswith("[") else f"{name}.{part}"


def _parts(thing: Any) -> Iterator[Culprit]:
    """Yield what pickling `thing` by value would have to pickle too."""
    if isinstance(thing, types.FunctionType):
        yield from _variables(thing)
    elif isinstance(thing, types.MethodType):
        yield Culprit("self", thing.__self__)
    elif isinstance(thing, functools.partial):
        yield Culprit("", thing.func)
        yield from (Culprit(f"[{index}]", value) for index, value in enumerate(thing.args))
        yield from (Culprit(key, value) for key, value in thing.keywords.items())
    elif isinstance(thing, Mapping):
        yield from (Culprit(f"[{key!r}]", value) for key, value in thing.items())
    elif isinstance(thing, list | tuple | set | frozenset):
        yield from (Culprit(f"[{index}]", value) for index, value in enumerate(thing))
    elif isinstance(thing, type):
        yield from (Culprit(key, value) for key, value in vars(thing).items())
    else:
        yield from _attributes(thing)


def _variables(function: types.FunctionType) -> Iterator[Culprit]:
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        try:
            yield Culprit(name, cell.cell_contents)
        except ValueError:  # a cell that is still empty
            continue
    for name in _global_names(function.__code__):
        if name in function.__globals__:
            yield Culprit(name, function.__globals__[name])
    for value in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
        yield Culprit("a default argument", value)


def _global_names(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _global_names(constant)


def _attributes(thing: Any) -> Iterator[Culprit]:
    names = list(getattr(thing, "__dict__", {}))
    for owner in type(thing).__mro__:
        slots = owner.__dict__.get("__slots__", ())
        names += [slots] if isinstance(slots, str) else list(slots)
    names += getattr(thing, "__struct_fields__", ())
    for name in dict.fromkeys(names):
        value = getattr(thing, name, None)
        if value is not None:
            yield Culprit(name, value)


def _captured(thing: Any, seen: set[int]) -> Iterator[tuple[str, Any]]:
    """Yield the variables of the first functions found inside `thing`."""
    if id(thing) in seen or len(seen) > 200:
        return
    seen.add(id(thing))
    for part in _parts(thing):
        if isinstance(thing, types.FunctionType):
            yield part.name, part.value
        elif not isinstance(part.value, type | types.ModuleType):
            yield from _captured(part.value, seen)


def _size(value: Any, seen: set[int], depth: int = 0) -> float:
    """Return about how many bytes a value and what it holds take; of many parts, some are asked."""
    if id(value) in seen or depth > _DEPTH or isinstance(value, type | types.ModuleType):
        return 0.0
    seen.add(id(value))
    held = getattr(value, "nbytes", 0)  # of arrays that are views, and of tensors
    own = max(sys.getsizeof(value, 0), held if isinstance(held, int) else 0)
    asked = list(itertools.islice(_parts(value), _SAMPLE))
    below = sum(_size(part.value, seen, depth + 1) for part in asked)
    is_sample = len(asked) == _SAMPLE and isinstance(value, Sized)
    return own + below * (len(value) / _SAMPLE if is_sample else 1.0)


def _picklable(value: Any) -> bool:
    try:
        _dumps(value)
    except Exception:  # noqa: BLE001 (any failure means: not)
        return False
    return True


def _dumps(value: Any) -> bytes:
    return ray.cloudpickle.dumps(value, protocol=5)  # type: ignore[no-any-return, no-untyped-call]
