"""The rungs at which ASHA decides, and which bracket a trial belongs to."""

from math import inf

import msgspec

from tunesmith.errors import UsageError
from tunesmith.protocols import Problem


class Ladders(msgspec.Struct, frozen=True):
    """The rungs of every bracket: `levels[b]` holds bracket b's, lowest first, the end last.

    Bracket b begins at `grace_period * factor**b`: b is the paper's early-stopping rate s (arXiv
    1810.05934, section 3.1). The last level is where training ends.
    """

    problem: Problem
    factor: float
    levels: tuple[tuple[float, ...], ...]

    def bracket(self, trial_id: str) -> int:
        """Draw the trial's bracket; the same trial of the same experiment always gets the same.

        Brackets are drawn in the proportions in which Hyperband (arXiv 1603.06560, algorithm 1)
        fills them, so that each gets about the same total resource.
        """
        if len(self.levels) == 1:
            return 0
        weights = [self.factor**-b / (len(x) - 1) for b, x in enumerate(self.levels)]
        rng = self.problem.rng(f"asha/bracket/{trial_id}")
        return rng.choices(range(len(weights)), weights)[0]


def build_ladders(problem: Problem, top: float, grace: float, factor: float, count: int) -> Ladders:
    """Lay out `count` brackets of rungs from `grace` up to `top`, a `factor` apart.

    Raises:
        UsageError: the options fit no ladder.
    """
    if not 1 < factor < inf:
        raise UsageError(
            f"reduction_factor={factor!r} must be greater than 1: "
            "one trial in so many goes on at each rung; 3 and 4 are usual"
        )
    if not 0 < grace < top < inf:
        raise UsageError(
            f"grace_period={grace!r} must be positive and below max_resource={top!r}, which is the "
            f"most {problem.resource} a trial gets: lower the one or raise the other"
        )
    rungs = [float(grace)]
    while rungs[-1] * factor < top:
        rungs.append(rungs[-1] * factor)
    if count not in range(1, len(rungs) + 1):
        raise UsageError(
            f"brackets={count!r} must be between 1 and {len(rungs)}, the number of rungs from "
            f"grace_period={grace!r} up to max_resource={top!r}"
        )
    levels = tuple((*rungs[start:], float(top)) for start in range(count))
    return Ladders(problem, factor, levels)
