"""Explore: a configuration near another one, always inside the space."""

import math
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from random import Random
from typing import Any, Literal

import msgspec

from tunesmith.errors import UsageError
from tunesmith.protocols import Config, Problem
from tunesmith.space import (
    ComputedParameter,
    FixedParameter,
    FlatConfig,
    FloatParameter,
    IntParameter,
    NormalParameter,
    OrdinalParameter,
    Parameter,
    Primitive,
    Space,
    SpaceError,
    Tunable,
    from_unit,
    to_unit,
)
from tunesmith.space.path import keys
from tunesmith_pbt.rules import require

Explore = Literal["perturb", "noise"] | Callable[[Config], Config]
Numeric = FloatParameter | IntParameter | NormalParameter
Targets = Mapping[str, Sequence[Primitive]]
"""Paths of parameters to vary, each with the values to choose among; without any, all there are."""

TRIES = 100
"""Draws of a configuration that the constraint allows, before the original is kept."""


class Mutation(msgspec.Struct, frozen=True):
    """Varies the parameters at `targets`: the explore step of arXiv 1711.09846, section 4.1.1.

    Each of them is drawn anew with `resample_probability`. Else a number is multiplied by one of
    `factors` and kept within its bounds ("perturb"), or gets Gaussian noise with standard deviation
    `noise` on the unit scale, on which its distribution is uniform, and is reflected at the ends
    ("noise"); where there are steps, it moves by at least one. Ordinals move to a neighbour,
    categories stay. What a new category brings with it is drawn. A target that has values takes one
    of these: any if it is drawn anew or has another one, else a neighbour of the one it has.
    """

    problem: Problem
    targets: Targets
    explore: Explore
    factors: Sequence[float]
    noise: float
    resample_probability: float

    def __post_init__(self) -> None:
        """Refuse what cannot be, with what can."""
        is_named = isinstance(self.explore, str) and self.explore in ("perturb", "noise")
        expected = "'perturb', 'noise' or a function"
        require(is_named or callable(self.explore), self, "explore", expected)
        are_factors = bool(self.factors) and all(0 < x < math.inf for x in self.factors)
        require(are_factors, self, "factors", "positive numbers such as (0.8, 1.2)")
        require(0 < self.noise < math.inf, self, "noise", "a positive number")
        chance = self.resample_probability
        require(0 <= chance <= 1, self, "resample_probability", "a number from 0 to 1")

    def __call__(self, config: Config, rng: Random) -> Config:
        """Return a configuration that the experiment's constraint allows, else the same one."""
        for _ in range(TRIES):
            new = self._vary(config, rng) if isinstance(self.explore, str) else self._ask(config)
            if self.problem.allows(new):
                return new
        return config

    def _vary(self, config: Config, rng: Random) -> Config:
        old = self.problem.space.flatten(config)
        new: FlatConfig = {}
        for parameter in self.problem.space.parameters:
            path, given = parameter.path, parameter.when
            is_target, values = path in self.targets, self.targets.get(path, ())
            if isinstance(parameter, FixedParameter | ComputedParameter):
                continue
            if not all(c.path in new and new[c.path] in c.options for c in given):
                continue
            if path not in old or (is_target and rng.random() < self.resample_probability):
                new[path] = rng.choice(values) if values else from_unit(parameter, rng.random())
            elif values:
                new[path] = _neighbour(values, old[path], rng)
            elif is_target:
                new[path] = self._moved(parameter, old[path], rng)
            else:
                new[path] = old[path]
        return self.problem.space.build(new)

    def _moved(self, parameter: Parameter, value: Any, rng: Random) -> Primitive:
        if isinstance(parameter, OrdinalParameter):
            return _neighbour(parameter.options, value, rng)
        if not isinstance(parameter, Numeric):
            return value  # type: ignore[no-any-return]
        if self.explore == "perturb":
            factor = rng.choice(self.factors)
            return _fitted(parameter, value * factor, value, up=factor > 1)
        shift = rng.gauss(0, self.noise)
        position = (to_unit(parameter, value) + shift) % 2
        number: Any = from_unit(parameter, min(position, 2 - position))
        return _fitted(parameter, number, value, up=shift > 0)

    def _ask(self, config: Config) -> Config:
        """Return what the user's function makes of the configuration, brought into the domain."""
        assert callable(self.explore)  # noqa: S101  (its type here)
        space = self.problem.space
        active = space.flatten(config)
        new: Any = self.explore(deepcopy(config))
        for parameter in space.tunable:
            *above, last = keys(parameter.path)
            holder = new
            for key in above:
                holder = holder.get(key) if isinstance(holder, dict) else None
            number = holder.get(last) if isinstance(holder, dict) else None
            if not isinstance(parameter, Numeric) or parameter.path not in active:
                continue
            if isinstance(holder, dict) and type(number) in (int, float):
                holder[last] = _fitted(parameter, float(number or 0))
        try:
            return space.build(space.flatten(new))
        except SpaceError as error:
            message = f"explore={self.explore!r} made {new!r} of {config!r}: {error}"
            raise UsageError(message) from error


def _fitted(
    parameter: Numeric, number: float, old: float | None = None, *, up: bool = True
) -> Primitive:
    """Return the parameter's value nearest to `number`, one step off `old` if it would be that."""
    if parameter.step is not None and math.isfinite(number):
        k = round(number / parameter.step)
        if old is not None and k == round(old / parameter.step):
            k += 1 if up else -1
        number = k * parameter.step
    if isinstance(parameter, NormalParameter):
        return number
    return min(max(number, parameter.low), parameter.high)


def _neighbour(options: Sequence[Primitive], value: Primitive, rng: Random) -> Primitive:
    """Return an option next to `value`, or any if it is none of them."""
    if value not in options:
        return rng.choice(options)
    at, last = options.index(value), len(options) - 1
    to = at + rng.choice((-1, 1))
    return options[to if 0 <= to <= last else min(abs(at - 1), last)]


def targets(problem: Problem, mutate: Any) -> Targets:
    """Return the parameters to vary: those named, or all that are drawn.

    Raises:
        UsageError: a path is no such parameter, or a value none of its.
    """
    drawn = {parameter.path: parameter for parameter in problem.space.tunable}
    named = drawn if mutate is None else [mutate] if isinstance(mutate, str) else mutate
    for path in named:
        problem.space.parameter(path)
        if path not in drawn:
            raise UsageError(
                f"mutate={mutate!r} of pbt: {path!r} is a constant, computed or on a grid; name "
                f"parameters that are drawn: {', '.join(sorted(drawn)) or 'this space has none'}"
            )
    if not isinstance(mutate, Mapping):
        return dict.fromkeys(named, ())
    return {path: _checked(drawn[path], values) for path, values in mutate.items()}


def _checked(parameter: Tunable, values: Any) -> list[Primitive]:
    """Return the values, numbers in order; they must be the parameter's."""
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise UsageError(
            f"mutate={{{parameter.path!r}: {values!r}}} of pbt: expected a list of values; where"
            f" the space's own domain is meant, write mutate=[{parameter.path!r}]"
        )
    alone = Space((msgspec.structs.replace(parameter, when=()),))
    try:
        found = [alone.validate({parameter.path: value})[parameter.path] for value in values]
    except SpaceError as error:
        raise UsageError(f"mutate={{{parameter.path!r}: {values!r}}} of pbt: {error}") from error
    if not found:
        raise UsageError(
            f"mutate={{{parameter.path!r}: {values!r}}} of pbt has no value; give values of this"
            f" parameter, or write mutate=[{parameter.path!r}] for all there are"
        )
    return sorted(found) if isinstance(parameter, Numeric) else found  # type: ignore[type-var]
