"""The nested form of a space, compiled once from the paths of its parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tunesmith.space.branches import Branches
from tunesmith.space.error import ComputationError, SpaceError, show
from tunesmith.space.flat import Conditions, conditions, holds
from tunesmith.space.node import (
    ABSENT,
    Computed,
    Constant,
    Filling,
    Leaf,
    Node,
    Table,
)
from tunesmith.space.overlap import check_distinct
from tunesmith.space.parameter import ComputedParameter, Discrete, FixedParameter, Parameter
from tunesmith.space.path import keys, steps, under_key, under_label
from tunesmith.space.plain import Labels, copied, label_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from random import Random

    from tunesmith.space.flat import Flat, FlatConfig
    from tunesmith.space.parameter import Primitive

Config = dict[str, Any]


class Tree:
    """A nested space: builds, takes apart and completes nested configurations."""

    def __init__(
        self, parameters: Iterable[Parameter], live: Mapping[str, Any], flat: Flat
    ) -> None:
        root = _Draft()
        self._flat = flat
        self._functions: list[_Function] = []
        for parameter in parameters:
            root.place(parameter)
            if isinstance(parameter, ComputedParameter):
                self._functions.append(_function(parameter, live.get(parameter.path)))
        self.root: Table = Table("", root.children("", flat, live))

    def build(self, flat: Mapping[str, Any], given: Mapping[str, Any] | None = None) -> Config:
        """Return the nested plain configuration; `given` holds results not to be computed anew."""
        config: Config = self.root.build(flat)
        if self._functions:
            live: Config = self.root.restore(config)
            for function in self._functions:
                if not holds(function.conditions, flat):
                    continue
                known = given or {}
                value = known[function.path] if function.path in known else function(live)
                _put(config, function.keys, value)
                _put(live, function.keys, copied(value))
        return config

    def flatten(self, config: Any) -> FlatConfig:
        """Return the drawn values behind a nested plain configuration."""
        flat: FlatConfig = {}
        self.root.flatten(config, flat)
        return flat

    def complete(self, config: Any, rng: Random) -> Config:
        """Return the nested plain configuration with everything that was missing."""
        filling = Filling(rng, {}, {})
        self.root.fill(config, filling)
        return self.build(filling.flat, filling.computed)


class _Draft:
    """A node that is still being collected."""

    def __init__(self) -> None:
        self.parameter: Parameter | None = None
        self.keys: dict[str, _Draft] = {}
        self.labels: dict[str, _Draft] = {}

    def place(self, parameter: Parameter) -> None:
        draft = self
        for name, is_label in steps(parameter.path):
            draft = (draft.labels if is_label else draft.keys).setdefault(name, _Draft())
        draft.parameter = parameter

    def children(self, path: str, flat: Flat, live: Mapping[str, Any]) -> dict[str, Node]:
        nodes = {}
        for key, draft in self.keys.items():
            where = under_key(path, key)
            nodes[key] = draft.node(where, flat, live)
        return nodes

    def node(self, path: str, flat: Flat, live: Mapping[str, Any]) -> Node:
        parameter = self.parameter
        if parameter is None:
            if self.labels:
                raise SpaceError(f"{path!r} has options but is no parameter; add it to the space")
            return Table(path, self.children(path, flat, live))
        if self.keys:
            raise SpaceError(f"{path!r} is a parameter and a dict of parameters; rename one")
        if isinstance(parameter, FixedParameter):
            return Constant(parameter, live.get(path, ABSENT))
        if isinstance(parameter, ComputedParameter):
            return Computed(parameter)
        row = flat.by_path[path]
        if not self.labels:
            return Leaf(parameter, row)
        nodes: dict[Primitive, Node] = {
            label: draft.node(under_label(path, label), flat, live)
            for label, draft in self.labels.items()
        }
        for label in nodes:
            if not isinstance(parameter, Discrete) or label not in parameter.options:
                raise SpaceError(f"{path!r} has no option {label!r}, but parameters under it")
        assert isinstance(parameter, Discrete)  # noqa: S101  (there are labels)
        check_distinct(path, parameter.options, nodes)
        return Branches(parameter, row, nodes)


class _Function(NamedTuple):
    """A function of the configuration so far, and where its result goes."""

    path: str
    keys: tuple[str, ...]
    conditions: Conditions
    label: str
    function: Callable[[Config], Any] | None

    def __call__(self, live: Config) -> Any:
        if self.function is None:
            raise ComputationError(
                f"{self.path!r} is computed by {self.label}, which a recorded space does not "
                "carry; pass the space as it was written in Python"
            )
        try:
            value = self.function(live)
        except Exception as error:
            fix = (
                "; the function gets the configuration itself: write config['x'], not spec.config.x"
                if isinstance(error, AttributeError)
                else "; keys of earlier parameters are there, later sample_from are not"
                if isinstance(error, KeyError)
                else ""
            )
            raise ComputationError(
                f"sample_from of {self.path!r} raised {type(error).__name__}: {error} "
                f"for {show(live)}{fix}"
            ) from error
        plain = Labels().plain(value)
        if _has_object(plain):
            raise ComputationError(
                f"sample_from of {self.path!r} returned {show(value)}, expected plain data: "
                "finite numbers, strings, booleans, None, lists, dicts; "
                "make the object in the training code from such data"
            )
        return plain


def _function(parameter: ComputedParameter, function: Callable[[Config], Any] | None) -> _Function:
    return _Function(
        parameter.path,
        keys(parameter.path),
        conditions(parameter.when),
        parameter.function,
        function,
    )


def _put(config: Config, where: tuple[str, ...], value: Any) -> None:
    for key in where[:-1]:
        config = config[key]
    config[where[-1]] = value


def _has_object(plain: Any) -> bool:
    if isinstance(plain, list):
        return any(map(_has_object, plain))
    if isinstance(plain, dict):
        return label_in(plain) is not None or any(map(_has_object, plain.values()))
    return False
