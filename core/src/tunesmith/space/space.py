"""The search space: drawn from, taken apart, put together, checked and written down."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any

import msgspec

from tunesmith.errors import did_you_mean
from tunesmith.space.document import read, write
from tunesmith.space.error import SpaceError
from tunesmith.space.flat import Flat
from tunesmith.space.parameter import (
    ComputedParameter,
    FixedParameter,
    GridParameter,
    Parameter,
    Tunable,
)
from tunesmith.space.parser import parse
from tunesmith.space.plain import Labels, copied
from tunesmith.space.tree import Tree

if TYPE_CHECKING:
    from random import Random

    from tunesmith.space.flat import FlatConfig
    from tunesmith.space.tree import Config


def parse_space(definition: Any) -> Space:
    """Return the space that nested dicts of domains and constants describe.

    Raises:
        SpaceError: the definition is no dict, or a part of it cannot be meant.
    """
    if isinstance(definition, Space):
        return definition
    parameters, live = parse(definition)
    space = Space(parameters, live)
    _ = space._tree  # noqa: SLF001  (what cannot be told apart is refused now, not at the first trial)
    return space


class Space(msgspec.Struct, frozen=True, dict=True):
    """The parameters of an experiment, addressed by path, in the order in which they were written.

    `live` holds, by path, what plain data cannot: objects behind labels, and the functions of
    computed parameters. Without it (a space read back from a file) everything works except
    computing and restoring these.
    """

    parameters: tuple[Parameter, ...]
    live: Mapping[str, Any] = {}

    def __post_init__(self) -> None:
        """Refuse two parameters at one path, and conditions on parameters that come later."""
        seen: set[str] = set()
        for parameter in self.parameters:
            if parameter.path in seen:
                raise SpaceError(f"{parameter.path!r} stands twice in the space; rename one")
            for condition in parameter.when:
                if condition.path not in seen:
                    raise SpaceError(
                        f"{parameter.path!r} depends on {condition.path!r}, "
                        "which must come before it in the space"
                    )
            seen.add(parameter.path)

    @cached_property
    def _flat(self) -> Flat:
        return Flat(self.parameters)

    @cached_property
    def _tree(self) -> Tree:
        return Tree(self.parameters, self.live, self._flat)

    @cached_property
    def _labels(self) -> Labels:
        labels = Labels()
        for parameter in self.parameters:
            if isinstance(parameter, FixedParameter) and parameter.path in self.live:
                labels.learn_from(self.live[parameter.path], parameter.value)
        return labels

    @cached_property
    def tunable(self) -> tuple[Tunable, ...]:
        """The parameters that are drawn: all but constants, grids and computed ones."""
        left_out = FixedParameter | GridParameter | ComputedParameter
        return tuple(p for p in self.parameters if not isinstance(p, left_out))

    def parameter(self, path: str) -> Parameter:
        """Return the parameter at `path`, or raise `SpaceError` with the closest path."""
        for parameter in self.parameters:
            if parameter.path == path:
                return parameter
        paths = [parameter.path for parameter in self.parameters]
        close = did_you_mean(path, paths) or f"; there are: {', '.join(paths) or 'none'}"
        raise SpaceError(f"{path!r} is no parameter of this space{close}")

    # Flat configurations --------------------------------------------------------------------------

    def draw(self, rng: Random, given: Mapping[str, Any] | None = None) -> FlatConfig:
        """Return a random flat configuration of the active parameters, with `given` flat values."""
        return self._flat.draw(rng, given)

    def validate(self, flat: Mapping[str, Any]) -> FlatConfig:
        """Return the flat configuration in builtin types; `SpaceError` names what is wrong with it.

        Every active parameter must be there and no other.
        """
        return self._flat.check(flat)

    def grid(self) -> tuple[FlatConfig, ...]:
        """Return all combinations of the grid parameters; a single empty one if there are none."""
        grids = [p for p in self.parameters if isinstance(p, GridParameter)]
        paths = [grid.path for grid in grids]
        return tuple(
            dict(zip(paths, cell, strict=True)) for cell in product(*(g.options for g in grids))
        )

    # Nested configurations ------------------------------------------------------------------------

    def sample(self, rng: Random, given: Mapping[str, Any] | None = None) -> Config:
        """Return a random nested plain configuration, with `given` flat values (a grid's cell)."""
        return self._tree.build(self._flat.draw(rng, given))

    def build(self, flat: Mapping[str, Any]) -> Config:
        """Return the nested plain configuration of checked flat values, constants and functions.

        Raises:
            SpaceError: `flat` is not valid, or a function failed or is not known.
        """
        return self._tree.build(self._flat.check(flat))

    def assemble(self, flat: Mapping[str, Any]) -> Config:
        """Return the same as `build`, of flat values known to be valid: nothing is checked again.

        Raises:
            ComputationError: a function failed or is not known.
        """
        return self._tree.build(flat)

    def flatten(self, config: Config) -> FlatConfig:
        """Return the flat values of the active drawn and grid parameters of a nested plain config.

        Raises:
            SpaceError: `config` is not one of this space; the message names the key.
        """
        return self._tree.flatten(config)

    def check(self, config: Config) -> None:
        """Raise `SpaceError` if the nested plain configuration is not one of this space."""
        self._tree.flatten(config)

    def complete(self, config: Mapping[str, Any], rng: Random) -> Config:
        """Return a whole nested plain configuration from a partial live one.

        Missing keys are drawn, or computed; a choice between dicts may be given by its label.

        Raises:
            SpaceError: a key is unknown or a value out of its domain.
        """
        return self._tree.complete(self.to_plain(config), rng)

    def to_plain(self, config: Mapping[str, Any]) -> Config:
        """Return a live nested configuration as plain data: objects as labels, tuples as lists."""
        given: Any = config
        plain: Config = self._labels.plain(dict(given) if isinstance(given, Mapping) else given)
        return plain

    def from_plain(self, config: Config) -> Config:
        """Return the live form of a nested plain configuration, for the training code."""
        live: Config = self._tree.root.restore(config) if self.live else copied(config)
        return live

    # Written form ---------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Return the space as plain data, like `{"lr": {"loguniform": [0.0001, 0.1]}}`.

        Objects and functions stand as labels only.
        """
        return write(self._tree.root)

    @classmethod
    def from_dict(cls, document: Any) -> Space:
        """Return the space that `to_dict`, JSON or TOML wrote; nothing in it is executed."""
        return parse_space(read(document))
