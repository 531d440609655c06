"""What the checks of single options share: what a value is, and how to quote it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeGuard

from tunesmith.plugins import options


def plain(value: Any) -> Any:
    """Return a number of NumPy's as Python's own, also within a dict; what is none, as it is."""
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    return options.plain(value)


def is_count(value: object) -> TypeGuard[int]:
    """Tell whether `value` is a whole number; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> TypeGuard[float]:
    """Tell whether `value` is a number; True and False are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_table(value: object) -> TypeGuard[Mapping[str, object]]:
    """Tell whether `value` could be written as keyword arguments."""
    return isinstance(value, Mapping) and all(str(key).isidentifier() for key in value)


def is_list(value: object) -> TypeGuard[Sequence[Any]]:
    """Tell whether `value` is a list or tuple of something; text is not."""
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def listed(names: Iterable[str]) -> str:
    """Return the names as text."""
    return ", ".join(names)


def plural(things: Sequence[object]) -> str:
    """Return the "s" that as many things need."""
    return "" if len(things) == 1 else "s"


def short(value: object) -> str:
    """Return the value as code, cut to what fits a line."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
