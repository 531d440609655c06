"""Which trial is trained how far: HyperBand's brackets, in which nobody is promoted."""

from bisect import bisect_right
from itertools import accumulate
from math import ceil, inf

import msgspec

from tunesmith.errors import UsageError
from tunesmith.protocols import Problem


class Rung(msgspec.Struct, frozen=True):
    """`size` trials one after the other, all trained to the same level.

    `is_base` marks the first rung of its bracket.
    """

    level: int
    size: int
    is_base: bool


class Place(msgspec.Struct, frozen=True):
    """A trial's place in the plan: its rung, and where that one's first trial stands in the run.

    `is_seed`: it belongs to the very first bracket, from which the populations are seeded;
    `is_early`: to the first iteration, in which all brackets pass their best on.
    """

    rung: Rung
    begin: int
    is_seed: bool
    is_early: bool


class Plan(msgspec.Struct, frozen=True):
    """The resource of each level, lowest first, and the rungs of one iteration, in order."""

    levels: tuple[float, ...]
    rungs: tuple[Rung, ...]
    starts: tuple[int, ...]

    def place(self, number: int) -> Place:
        """Return the place of the trial that is the `number`-th of the run, counted from 0."""
        iteration, offset = divmod(number, self.starts[-1])
        index = bisect_right(self.starts, offset) - 1
        begin = iteration * self.starts[-1] + self.starts[index]
        return Place(self.rungs[index], begin, number < self.seeds, iteration == 0)

    @property
    def seeds(self) -> int:
        """How many trials the first bracket has."""
        return self.starts[len(self.levels)]

    def reached(self, resource: float) -> int | None:
        """Return the highest level that lies within `resource`, None below the lowest."""
        index = bisect_right(self.levels, resource) - 1
        return None if index < 0 else index

    def capacity(self, level: int) -> int:
        """Return how large the population of a level is: as its largest rung."""
        return max(rung.size for rung in self.rungs if rung.level == level)


def plan_for(
    problem: Problem, max_resource: float | None, grace_period: float, reduction_factor: float
) -> Plan:
    """Lay out an iteration: a bracket for each level, from the one that begins lowest.

    The numbers are those of HyperBand (arXiv 1603.06560, algorithm 1): the bracket that climbs s
    rungs begins with n = ⌈(s_max + 1) η^s / (s + 1)⌉ trials and has ⌊n η^-i⌋ at rung i.

    Raises:
        UsageError: the options fit no bracket.
    """
    given = (max_resource, problem.max_resource, 81.0)
    top = next(value for value in given if value is not None)
    if not 1 < reduction_factor < inf:
        raise UsageError(
            f"reduction_factor={reduction_factor!r} must be greater than 1: "
            "levels are so much apart; 3 and 4 are usual"
        )
    if not 0 < grace_period <= top < inf:
        raise UsageError(
            f"grace_period={grace_period!r} must be positive and at most max_resource={top!r}, "
            f"which is the most {problem.resource} a trial gets: lower the one or raise the other"
        )
    levels = [float(top)]
    # A little below counts as equal, since 8.1 / 3**4 is not quite 0.1.
    while top / reduction_factor ** len(levels) >= grace_period * (1 - 1e-9):
        levels.insert(0, top / reduction_factor ** len(levels))
    rungs = []
    for climb in reversed(range(len(levels))):
        begin = ceil(len(levels) * reduction_factor**climb / (climb + 1))
        rungs += [
            Rung(
                level=len(levels) - 1 - climb + rung,
                size=max(1, int(begin * reduction_factor**-rung + 1e-9)),
                is_base=rung == 0,
            )
            for rung in range(climb + 1)
        ]
    starts = (0, *accumulate(rung.size for rung in rungs))
    return Plan(tuple(levels), tuple(rungs), starts)


def number_of(trial_id: str) -> int:
    """Return which trial of the run it is, counted from 0; ids count from "0001"."""
    return int(trial_id) - 1
