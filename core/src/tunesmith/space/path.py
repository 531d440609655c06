"""Paths: how a parameter inside nested dicts and branches of a choice is addressed.

`model/lr` is the key `lr` of the dict under `model`; `optimizer[sgd]/momentum` is the key
`momentum` of the option labelled `sgd` of the choice under `optimizer`.
"""

from typing import NamedTuple

from tunesmith.space.error import SpaceError


class Step(NamedTuple):
    """One step of a path: a dict's key, or the label of an option."""

    name: str
    is_label: bool = False


def under_key(path: str, key: object) -> str:
    """Return the path of `key` in the dict at `path`; refuse keys that paths cannot hold."""
    where = f" under {path!r}" if path else ""
    if not isinstance(key, str):
        raise SpaceError(
            f"parameter name {key!r}{where} must be a string; write {str(key)!r}, "
            "or use a dict without any domain inside, which may have any keys"
        )
    if not key or any(sign in key for sign in "/[]"):
        raise SpaceError(
            f"parameter name {key!r}{where} must not be empty or contain '/', '[' or ']', which "
            "stand for nesting; rename it, or nest dicts instead"
        )
    return f"{path}/{key}" if path else key


def under_label(path: str, label: str) -> str:
    """Return the path of the option `label` of the choice at `path`."""
    return f"{path}[{label}]"


def is_label(text: str) -> bool:
    """Tell whether `text` can stand between brackets in a path."""
    depth = 0
    for sign in text:
        depth += (sign == "[") - (sign == "]")
        if depth < 0:
            return False
    return depth == 0 and text != ""


def steps(path: str) -> tuple[Step, ...]:
    """Return the steps of a path; the inverse of `under_key` and `under_label`."""
    found: list[Step] = []
    start = depth = 0
    for at, sign in enumerate(path):
        if sign == "[":
            if depth == 0:
                _add_key(found, path[start:at])
                start = at + 1
            depth += 1
        elif sign == "]":
            depth -= 1
            if depth == 0:
                found.append(Step(path[start:at], is_label=True))
                start = at + 1
        elif sign == "/" and depth == 0:
            _add_key(found, path[start:at])
            start = at + 1
    _add_key(found, path[start:])
    if depth != 0 or not found or found[0].is_label:
        raise SpaceError(f"{path!r} is no path of a parameter; write one like 'a/b' or 'a[x]/b'")
    return tuple(found)


def keys(path: str) -> tuple[str, ...]:
    """Return only the dicts' keys of a path: where the value lies in a nested configuration."""
    return tuple(step.name for step in steps(path) if not step.is_label)


def _add_key(found: list[Step], key: str) -> None:
    if key:
        found.append(Step(key))
