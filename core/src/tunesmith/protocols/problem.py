"""All that an algorithm is told before it starts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from tunesmith.protocols.constraint import OutcomeConstraint
from tunesmith.protocols.objective import Objective
from tunesmith.protocols.resources import Resources
from tunesmith.protocols.trial import Config
from tunesmith.space import Space

if TYPE_CHECKING:
    from random import Random


class Problem(msgspec.Struct, frozen=True):
    """The problem to solve, complete and unchanging.

    For a searcher, `space` is flat and holds only what its capabilities declare; for a scheduler
    it is the user's whole space. `num_samples` is None for an open-ended search, `max_resource`
    is None where nobody named an end. `max_concurrent` is how many trials may run at once, and
    `resources` what each of them holds unless a `Reallocate` changes that.
    `constraints` are the user's, on live nested configurations; a searcher is given none, since
    the core holds its suggestions against them. `outcome_constraints` are those on what trials
    report; a searcher is given them if it declares to take them, and a scheduler has them in
    `Result.values` already.
    """

    space: Space
    objectives: tuple[Objective, ...]
    seeds: Callable[[str], Random]
    num_samples: int | None = None
    max_concurrent: int = 1
    resource: str = "training_iteration"
    max_resource: float | None = None
    constraints: tuple[Callable[[Config], bool], ...] = ()
    resources: Resources = Resources()
    outcome_constraints: tuple[OutcomeConstraint, ...] = ()

    def allows(self, config: Config) -> bool:
        """Tell whether the constraints hold for a nested plain configuration of the space."""
        if not self.constraints:
            return True
        live = self.space.from_plain(config)
        return all(constraint(live) for constraint in self.constraints)

    def rng(self, name: str) -> Random:
        """Return a fresh generator for the stream `name`, the same for the same experiment seed."""
        return self.seeds(name)

    def seed(self, name: str) -> int:
        """Return a seed in [0, 2**31) for libraries that want a number instead of a generator."""
        return self.seeds(name).randrange(2**31)
