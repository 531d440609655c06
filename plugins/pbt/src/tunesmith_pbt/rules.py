"""What a population's owner may choose, and who learns from whom."""

from collections.abc import Collection, Mapping
from math import ceil, inf
from random import Random
from typing import Any, Literal, get_args

import msgspec

from tunesmith.errors import UsageError
from tunesmith.protocols import Problem

Selection = Literal["truncation", "tournament"]
Replace = Literal["fork", "restart"]


class Rules(msgspec.Struct, frozen=True):
    """The options of "pbt" that say when and between whom exploiting happens."""

    problem: Problem
    interval: float
    burn_in: float
    population_size: int | None
    selection: Selection
    quantile: float
    synchronous: bool
    quorum: float
    replace: Replace
    max_resource: float | None

    def __post_init__(self) -> None:
        """Refuse what cannot be, with what can."""
        one_of(self, "selection", Selection)
        one_of(self, "replace", Replace)
        require(0 < self.interval < inf, self, "interval", "a positive number")
        require(0 <= self.burn_in < inf, self, "burn_in", "0 or a positive number")
        require(0 < self.quantile <= 0.5, self, "quantile", "above 0 and at most 0.5")
        require(0 < self.quorum <= 1, self, "quorum", "above 0 and at most 1")
        require(self.end > 0, self, "max_resource", "a positive number")
        if self.population_size is None and self.problem.num_samples is None:
            raise UsageError(
                "population_size=None of pbt means num_samples, which is None too: "
                "give either; 10 to 40 members are usual"
            )
        if self.size < 2:
            name = "num_samples" if self.population_size is None else "population_size"
            raise UsageError(
                f"{name}={self.size!r} is too small for pbt: two members are the least"
            )

    @property
    def size(self) -> int:
        """How many members live at once."""
        given = (self.population_size, self.problem.num_samples, 0)
        return next(value for value in given if value is not None)

    @property
    def total(self) -> float:
        """How many trials there may be in all."""
        limit = self.problem.num_samples
        return inf if limit is None else limit

    @property
    def end(self) -> float:
        """Where training ends."""
        given = (self.max_resource, self.problem.max_resource, inf)
        return next(value for value in given if value is not None)

    def enough(self, alive: int) -> int:
        """Return how many values make a comparison: a `quantile` of them is at least one."""
        return min(alive, 2 if self.selection == "tournament" else ceil(1 / self.quantile))

    def source(
        self, trial_id: str, values: Mapping[str, float], able: Collection[str], rng: Random
    ) -> str | None:
        """Return a trial among those `able` to take this one's place; None if it goes on.

        `values` are minimised. Truncation (arXiv 1711.09846, section 4.1.1) goes by rank: of
        equals, the first suggested come first. A tournament (section 4.3.1) is with a random other
        member, and has to be won by it.
        """
        if trial_id not in values:
            return None
        mine, ranking = values[trial_id], sorted(values, key=lambda x: (values[x], x))
        if self.selection == "tournament":
            others = [x for x in ranking if x != trial_id]
            rival = rng.choice(others) if others else trial_id
            return rival if rival in able and values[rival] < mine else None
        # Rounded first: a fifth of ten may come out as a little more than two.
        share = min(ceil(round(self.quantile * len(ranking), 9)), len(ranking) // 2)
        is_weak = mine == inf or trial_id in ranking[len(ranking) - share :]
        best = [x for x in ranking[:share] if x in able and x != trial_id]
        return rng.choice(best) if is_weak and best else None

    def at(self, resource: float) -> str:
        """Return a place in training, for people."""
        return f"{self.problem.resource}={resource:g}"


def require(holds: bool, owner: Any, name: str, expected: str) -> None:
    """Raise a `UsageError` about the option `name` unless it holds."""
    if not holds:
        raise UsageError(f"{name}={getattr(owner, name)!r} of pbt: expected {expected}")


def one_of(owner: Any, name: str, options: Any) -> None:
    """Raise a `UsageError` unless the option is one of a few words."""
    words = " or ".join(map(repr, get_args(options)))
    require(getattr(owner, name) in get_args(options), owner, name, words)
