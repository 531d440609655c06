"""The factory behind the name "asha"."""

from typing import Literal

from tunesmith.errors import UsageError
from tunesmith.protocols import Problem
from tunesmith_asha.extension import ExtensiblePromotion, ExtensibleStopping
from tunesmith_asha.ladder import build_ladders
from tunesmith_asha.promotion import PromotionAsha
from tunesmith_asha.stopping import StoppingAsha

_VARIANTS: dict[str, type[StoppingAsha | PromotionAsha]] = {
    "stopping": ExtensibleStopping,
    "promotion": ExtensiblePromotion,
}


def asha(
    problem: Problem,
    *,
    mode: Literal["stopping", "promotion"] = "stopping",
    max_resource: float | None = None,
    grace_period: float = 1,
    reduction_factor: float = 3,
    brackets: int = 1,
) -> StoppingAsha | PromotionAsha:
    """Return asynchronous successive halving (arXiv 1810.05934).

    Decisions fall at rungs: `grace_period`, then `reduction_factor` times as far, and so on;
    about one trial in `reduction_factor` goes on from each. Training ends at `max_resource`, by
    default the experiment's, or else 100. Resources are in the experiment's unit. The paper's
    experiments use a reduction factor of 4; 3 costs somewhat more training and forgives more of the
    trials that start slowly. `brackets` above 1 spares some of the trials the lowest rungs, for
    problems where early results mislead.

    Raises:
        UsageError: an option is out of range.
    """
    if mode not in _VARIANTS:
        raise UsageError(f"mode={mode!r} of asha is unknown: use 'stopping' or 'promotion'")
    given = (max_resource, problem.max_resource, 100.0)
    top = next(value for value in given if value is not None)
    return _VARIANTS[mode](build_ladders(problem, top, grace_period, reduction_factor, brackets))
