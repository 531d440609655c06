"""A choice some of whose options are more than a builtin: dicts, objects, inner domains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tunesmith.errors import did_you_mean
from tunesmith.space.error import SpaceError, show
from tunesmith.space.node import ABSENT, Constant, Filling, Node, Table
from tunesmith.space.parameter import PRIMITIVES, Primitive

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tunesmith.space.flat import FlatConfig, Row
    from tunesmith.space.parameter import Discrete


class Branches:
    """A discrete parameter, some of whose options are labels of something larger."""

    def __init__(self, parameter: Discrete, row: Row, nodes: dict[Primitive, Node]) -> None:
        self.parameter = parameter
        self.path = row.path
        self.nodes = nodes
        self._decode = row.decode
        self._direct: dict[tuple[bool, Any], Primitive] = {
            (type(option) is bool, option): option
            for option in parameter.options
            if option not in nodes
        }
        self._key, self._by_name = _telling_key(nodes)

    def build(self, flat: Mapping[str, Any]) -> Any:
        """Return what the flat value stands for."""
        option = flat[self.path]
        node = self.nodes.get(option)
        return option if node is None else node.build(flat)

    def flatten(self, value: Any, flat: FlatConfig) -> None:
        """Find the option, then take what is inside it."""
        option = self._find(value)
        flat[self.path] = option
        node = self.nodes.get(option)
        if node is not None:
            node.flatten(value, flat)

    def fill(self, value: Any, filling: Filling) -> None:
        """Find an option that the value may become; a label alone chooses its option too."""
        if value is ABSENT:
            option = self._decode(filling.rng.random())
        elif isinstance(value, str) and value in self.nodes:
            option, value = value, ABSENT
        else:
            option = self._find_partly(value, filling)
        filling.flat[self.path] = option
        node = self.nodes.get(option)
        if node is not None:
            node.fill(value, filling)

    def accepts(self, value: Any, *, partly: bool) -> bool:
        """Tell whether any option fits."""
        return self._plainly(value) is not ABSENT or any(
            node.accepts(value, partly=partly) for node in self.nodes.values()
        )

    def restore(self, value: Any) -> Any:
        """Return the live form of the option."""
        node = self.nodes.get(self._find(value))
        return value if node is None else node.restore(value)

    def _plainly(self, value: Any) -> Any:
        if type(value) not in PRIMITIVES:
            return ABSENT
        return self._direct.get((type(value) is bool, value), ABSENT)

    def _named(self, value: Any) -> Primitive:
        name = value.get(self._key) if self._key and isinstance(value, dict) else None
        return self._by_name.get(name) if isinstance(name, str) else None

    def _find(self, value: Any) -> Primitive:
        option = self._plainly(value)
        if option is not ABSENT:
            return option  # type: ignore[no-any-return]
        named = self._named(value)
        if named is not None:
            return named
        for label, node in self.nodes.items():
            if node.accepts(value, partly=False) or node.accepts(value, partly=True):
                return label
        raise self._refuse(value)

    def _find_partly(self, value: Any, filling: Filling) -> Primitive:
        option = self._plainly(value)
        if option is not ABSENT:
            return option  # type: ignore[no-any-return]
        named = self._named(value)
        if named is not None:
            return named
        fitting = [n for n, node in self.nodes.items() if node.accepts(value, partly=True)]
        if not fitting:
            raise self._refuse(value)
        return fitting[int(filling.rng.random() * len(fitting))]

    def _refuse(self, value: Any) -> SpaceError:
        dicts = [node for node in self.nodes.values() if isinstance(node, Table)]
        if isinstance(value, dict) and len(dicts) == 1 and len(self.nodes) == 1:
            try:
                dicts[0].flatten(value, {})
            except SpaceError as error:
                return error
        known = ", ".join(map(show, self.parameter.options))
        name = value.get(self._key) if isinstance(value, dict) else value
        close = (
            did_you_mean(name, map(str, self.parameter.options)) if isinstance(name, str) else ""
        )
        return SpaceError(f"{self.path!r} is {show(value)}, which fits none of: {known}{close}")


def _telling_key(nodes: dict[Primitive, Node]) -> tuple[str | None, dict[str, Primitive]]:
    """Return the key whose constant string tells all dicts apart, and the options by it."""
    dicts = {label: strings_in(node) for label, node in nodes.items()}
    named = {label: strings for label, strings in dicts.items() if strings is not None}
    if not named:
        return None, {}
    for key in next(iter(named.values())):
        by_name = {strings[key]: label for label, strings in named.items() if key in strings}
        if len(by_name) == len(named):
            return key, by_name
    return None, {}


def strings_in(node: Node) -> dict[str, str] | None:
    """Return the constant strings among the keys of a dict; None if it is no dict."""
    if isinstance(node, Constant):
        value = node.parameter.value
        items = value.items() if isinstance(value, dict) else None
    elif isinstance(node, Table):
        items = {
            key: child.parameter.value
            for key, child in node.children.items()
            if isinstance(child, Constant)
        }.items()
    else:
        items = None
    if items is None:
        return None
    return {key: value for key, value in items if isinstance(value, str)}
