"""Tells whether two options of a choice can lead to the same value.

Only the value of the chosen option stands in a configuration, so the options must be
recognisable by their values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tunesmith.space.branches import Branches
from tunesmith.space.error import SpaceError
from tunesmith.space.node import Computed, Constant, Leaf, Node, Table
from tunesmith.space.parameter import FloatParameter, IntParameter, NormalParameter, Primitive
from tunesmith.space.plain import same

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def check_distinct(
    path: str, options: Sequence[Primitive], nodes: Mapping[Primitive, Node]
) -> None:
    """Raise `SpaceError` if a value could belong to two options of the choice at `path`."""
    for at, option in enumerate(options):
        for other in options[at + 1 :]:
            if _may_equal(nodes.get(option, option), nodes.get(other, other)):
                raise SpaceError(
                    f"options {option!r} and {other!r} of {path!r} can give equal values, so a "
                    "configuration would not show which one was chosen; "
                    'make each a dict with a constant of its own, e.g. {"name": "a", ...}'
                )


def _may_equal(left: Any, right: Any) -> bool:
    """Tell whether two nodes (or plain values) have a value in common."""
    left = left.parameter.value if isinstance(left, Constant) else left
    right = right.parameter.value if isinstance(right, Constant) else right
    if isinstance(left, Computed) or isinstance(right, Computed):
        return True
    if isinstance(left, Branches):
        return any(_may_equal(part, right) for part in _parts(left))
    if isinstance(right, Branches):
        return any(_may_equal(left, part) for part in _parts(right))
    if isinstance(left, Table) and isinstance(right, Table):
        return _tables_may_equal(left, right)
    if isinstance(left, Leaf) and isinstance(right, Leaf):
        return _leaves_may_equal(left, right)
    if isinstance(left, Table | Leaf):
        return not isinstance(right, Table | Leaf) and left.accepts(right, partly=False)
    if isinstance(right, Table | Leaf):
        return right.accepts(left, partly=False)
    return same(left, right)


def _parts(node: Branches) -> list[Any]:
    return [node.nodes.get(option, option) for option in node.parameter.options]


def _tables_may_equal(left: Table, right: Table) -> bool:
    if left.children.keys() != right.children.keys():
        return False
    return all(_may_equal(left.children[key], right.children[key]) for key in left.children)


def _leaves_may_equal(left: Leaf, right: Leaf) -> bool:
    listed = getattr(left.parameter, "options", None)
    if listed is not None:
        return any(right.accepts(option, partly=False) for option in listed)
    listed = getattr(right.parameter, "options", None)
    if listed is not None:
        return any(left.accepts(option, partly=False) for option in listed)
    (low, high), (other_low, other_high) = _ends(left), _ends(right)
    return low <= other_high and other_low <= high


def _ends(leaf: Leaf) -> tuple[float, float]:
    parameter = leaf.parameter
    if isinstance(parameter, FloatParameter | IntParameter):
        return parameter.low, parameter.high
    assert isinstance(parameter, NormalParameter)  # noqa: S101  (the only other unlisted one)
    return float("-inf"), float("inf")
