"""Configurations as points of the unit cube, and back into the space."""

from collections.abc import Sequence
from random import Random
from typing import Any

import msgspec

from tunesmith.errors import UsageError
from tunesmith.protocols import Config, Problem
from tunesmith.space import (
    CategoricalParameter,
    ComputedParameter,
    FixedParameter,
    FlatConfig,
    Tunable,
    from_unit,
    to_unit,
)

ABSENT = 0.5
"""The place of a parameter that a configuration does not have."""


class Genome(msgspec.Struct, frozen=True):
    """The parameters that explore: `ordered` ones on the unit scale, `categories` by chance.

    A category stays as it is in the source, or is drawn anew with `resample_probability`.
    """

    problem: Problem
    ordered: tuple[Tunable, ...]
    categories: frozenset[str]
    resample_probability: float

    def place(self, config: Config) -> list[float]:
        """Return where the configuration lies in the unit cube."""
        flat = self.problem.space.flatten(config)
        return [to_unit(p, flat[p.path]) if p.path in flat else ABSENT for p in self.ordered]

    def build(self, place: Sequence[float], source: Config, rng: Random) -> Config:
        """Return the configuration at `place`; in all that has no place there, like the source."""
        old = self.problem.space.flatten(source)
        placed = {p.path: at for p, at in zip(self.ordered, place, strict=True)}
        new: FlatConfig = {}
        for parameter in self.problem.space.parameters:
            path = parameter.path
            if isinstance(parameter, FixedParameter | ComputedParameter):
                continue
            if not all(c.path in new and new[c.path] in c.options for c in parameter.when):
                continue
            if path in placed:
                new[path] = from_unit(parameter, placed[path])
            elif path not in old or self._is_redrawn(path, rng):
                new[path] = from_unit(parameter, rng.random())
            else:
                new[path] = old[path]
        return self.problem.space.build(new)

    def _is_redrawn(self, path: str, rng: Random) -> bool:
        return path in self.categories and rng.random() < self.resample_probability


def make_genome(problem: Problem, mutate: Any, resample_probability: float) -> Genome:
    """Return the genome of the parameters at the paths in `mutate`, None for all that are drawn.

    Raises:
        UsageError: a path is no parameter that is drawn, or none of them has an order.
    """
    if not 0 <= resample_probability <= 1:
        raise UsageError(
            f"resample_probability={resample_probability!r} of pb2: expected a number from 0 to 1"
        )
    drawn = {parameter.path: parameter for parameter in problem.space.tunable}
    paths = drawn if mutate is None else [mutate] if isinstance(mutate, str) else list(mutate)
    for path in paths:
        if path not in drawn:
            problem.space.parameter(path)
            raise UsageError(
                f"mutate={mutate!r} of pb2: {path!r} is a constant, computed or on a grid; name "
                f"parameters that are drawn: {', '.join(drawn) or 'this space has none'}"
            )
    chosen = [parameter for path, parameter in drawn.items() if path in paths]
    ordered = tuple(p for p in chosen if not isinstance(p, CategoricalParameter))
    if not ordered:
        raise UsageError(
            f"mutate={mutate!r} of pb2: its Gaussian process needs a parameter with an order "
            "(a number or tune.ordinal); for categories alone use scheduler='pbt'"
        )
    categories = frozenset(p.path for p in chosen if isinstance(p, CategoricalParameter))
    return Genome(problem, ordered, categories, resample_probability)
