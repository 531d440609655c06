"""The factory behind the name "pbt"."""

from collections.abc import Mapping, Sequence
from typing import Any

from tunesmith.protocols import Problem
from tunesmith_pbt.mutation import Explore, Mutation, targets
from tunesmith_pbt.rules import Replace, Rules, Selection
from tunesmith_pbt.scheduler import PopulationBasedTraining


def pbt(
    problem: Problem,
    *,
    interval: float = 1,
    burn_in: float = 0,
    population_size: int | None = None,
    selection: Selection = "truncation",
    quantile: float = 0.2,
    explore: Explore = "perturb",
    factors: Sequence[float] = (0.8, 1.2),
    noise: float = 0.1,
    resample_probability: float = 0.25,
    mutate: str | Sequence[str] | Mapping[str, Any] | None = None,
    synchronous: bool = False,
    quorum: float = 1.0,
    replace: Replace = "fork",
    max_resource: float | None = None,
) -> PopulationBasedTraining:
    """Return population based training (arXiv 1711.09846).

    Every `interval` (in the experiment's resource), and not before `burn_in`, a member that
    `selection` finds too weak becomes a clone of a better one: of one among the best `quantile` if
    it is among the worst, or of a random other one if that is better ("tournament"). A clone's
    parameters, those at the paths in `mutate` or all, are drawn anew with `resample_probability`,
    else multiplied by one of `factors` ("perturb") or moved by Gaussian noise of `noise` times
    their range ("noise"); or `explore` is a function that makes one configuration of another. Where
    `mutate` maps a path to a list of values, the clone takes one of these. With
    `synchronous`, members wait until a `quorum` of those alive has come as far. With
    `replace="restart"` the weak are stopped instead, and the searcher proposes new trials.

    Raises:
        UsageError: an option is out of range.
    """
    given: dict[str, Any] = dict(locals())
    rules = Rules(**{name: given[name] for name in Rules.__struct_fields__})
    given["targets"] = targets(problem, mutate)
    mutation = Mutation(**{name: given[name] for name in Mutation.__struct_fields__})
    return PopulationBasedTraining(rules, mutation)
