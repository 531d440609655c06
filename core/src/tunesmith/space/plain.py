"""Plain data: what JSON can hold, and labels for what it cannot.

An object that is not plain data stands as `{"$object": label}`. The label of a class or function
is `module:qualname`, that of another object its short `repr`.
"""

import math
from typing import Any

from tunesmith.space.error import show

OBJECT = "$object"
LONGEST = 60
_ATOMS = frozenset({float, int, str, bool, type(None)})
_FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def builtin(value: Any) -> Any:
    """Return a numpy scalar (or anything else with `item()`) as a builtin, others as they are."""
    item = getattr(value, "item", None)
    if not callable(item) or isinstance(value, type):
        return value
    try:
        return item()
    except (TypeError, ValueError):
        return value


def is_plain(value: object) -> bool:
    """Tell whether `value` comes back from JSON exactly as it is."""
    kind = type(value)
    if value is None or kind is bool or kind is str:
        return True
    if kind is int:
        return -(2**63) <= value < 2**63  # type: ignore[operator]
    if kind is float:
        return math.isfinite(value)  # type: ignore[arg-type]
    if kind is list:
        return all(map(is_plain, value))  # type: ignore[call-overload]
    if kind is dict:
        items = value.items()  # type: ignore[attr-defined]
        return all(type(key) is str and is_plain(item) for key, item in items)
    return False


def label_of(value: Any) -> Any:
    """Return the label of what stands for an object; anything else as it is."""
    is_stand_in = isinstance(value, dict) and value.keys() == {OBJECT}
    return value[OBJECT] if is_stand_in else value


def same(left: Any, right: Any) -> bool:
    """Tell whether two plain values are equal; True is not 1, but 1.0 is."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return bool(left == right)


def copied(value: Any) -> Any:
    """Return a copy of the lists, tuples and dicts in `value`; other objects are shared."""
    kind = type(value)
    if kind is list or kind is tuple:
        return kind(map(copied, value))
    if kind is dict:
        return {key: item if type(item) in _ATOMS else copied(item) for key, item in value.items()}
    return value


def label_in(value: object) -> str | None:
    """Return the label if `value` is a label mapping."""
    if type(value) is dict and len(value) == 1:
        label = value.get(OBJECT)
        return label if isinstance(label, str) else None
    return None


def float_in(value: object) -> float | None:
    """Return the infinity or NaN that a label mapping stands for."""
    return _FLOATS.get(label_in(value) or "")


def text(value: Any) -> str:
    """Return a plain value as a short text for people; used as the label of an option."""
    label = label_in(value)
    if label is not None:
        return label
    if isinstance(value, list):
        return f"[{', '.join(map(text, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {text(item)}' for key, item in value.items())}}}"
    return str(value)


class Labels:
    """Gives every object that is not plain data one label, and no two objects the same."""

    def __init__(self) -> None:
        self._by_id: dict[int, str] = {}
        self._taken: dict[str, Any] = {}

    def plain(self, value: Any) -> Any:
        """Return the plain form of `value`: tuples as lists, objects as label mappings."""
        if is_plain(value):
            return copied(value)
        if isinstance(value, list | tuple):
            return [self.plain(item) for item in value]
        if isinstance(value, dict) and all(type(key) is str for key in value):
            return {key: self.plain(item) for key, item in value.items()}
        scalar = builtin(value) if type(value).__module__ == "numpy" else value
        if scalar is not value and is_plain(scalar) and not isinstance(scalar, list):
            return scalar
        return {OBJECT: self.label(value)}

    def label(self, value: Any) -> str:
        """Return the object's label; the same object, or an equal one, has the same."""
        known = self._by_id.get(id(value))
        if known is not None:
            return known
        name = label = describe(value)
        number = 1
        while label in self._taken and not _alike(self._taken[label], value):
            number += 1
            label = f"{name}#{number}"
        self.learn(label, value)
        return label

    def learn(self, label: str, value: Any) -> None:
        """Give `value` this label; it must stay alive as long as these labels are in use."""
        self._by_id[id(value)] = label
        self._taken.setdefault(label, value)

    def learn_from(self, value: Any, plain: Any) -> None:
        """Learn the labels of all objects in `value`, whose plain form is known."""
        if isinstance(value, list | tuple) and isinstance(plain, list):
            for item, plain_item in zip(value, plain, strict=True):
                self.learn_from(item, plain_item)
            return
        label = label_in(plain)
        if label is not None and not (isinstance(value, dict) and OBJECT in value):
            self.learn(label, value)
        elif isinstance(value, dict) and isinstance(plain, dict):
            for key, item in value.items():
                self.learn_from(item, plain[key])


def describe(value: Any) -> str:
    """Return the text by which people recognise an object; it is the same in every process."""
    if isinstance(value, float):
        return str(float(value))
    if isinstance(value, set | frozenset):
        return _short(f"{{{', '.join(sorted(map(repr, value)))}}}", value)
    name = getattr(value, "__qualname__", None)
    if isinstance(name, str):
        return f"{getattr(value, '__module__', None) or 'builtins'}:{name}"
    if type(value).__module__ == "functools" and hasattr(value, "func"):
        named = (f"{key}={show(item, 20)}" for key, item in value.keywords.items())
        return f"partial({', '.join([describe(value.func), *map(repr, value.args), *named])})"
    return _short(repr(value), value)


def _short(shown: str, value: object) -> str:
    # An address in a repr changes from process to process.
    if len(shown) <= LONGEST and " at 0x" not in shown and "\n" not in shown:
        return shown
    return f"{type(value).__module__}:{type(value).__qualname__}"


def _alike(left: Any, right: Any) -> bool:
    if left is right:
        return True
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        return True
    try:
        return bool(left == right)
    except (TypeError, ValueError):
        return False
