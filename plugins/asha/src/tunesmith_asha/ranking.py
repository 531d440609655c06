"""How the trials at a rung are ranked: by one value, or by several at once."""

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from itertools import islice
from math import ceil, inf, isfinite
from operator import itemgetter, le

import msgspec

from tunesmith.protocols import Problem

Score = tuple[float, ...]
"""What a trial scored: its minimised values, and last how many came before it."""

BLOCK = 4096
"""Scores that lie together at most."""

_last = itemgetter(-1)


class Line(msgspec.Struct, tag="one"):
    """Scores of one objective, best first; of equals, the first to arrive.

    They lie in `blocks`, each sorted and before the next, so that a newcomer moves only a few of
    the others along, however many there are.
    """

    blocks: list[list[Score]] = []
    count: int = 0

    def __len__(self) -> int:
        return self.count

    def enter(self, values: tuple[float, ...]) -> Score:
        """Take a newcomer in."""
        score = (*values, float(self.count))
        self.count += 1
        blocks = self.blocks
        if not blocks:
            blocks.append([score])
            return score
        place = min(bisect_left(blocks, score, key=_last), len(blocks) - 1)
        block = blocks[place]
        insort(block, score)
        if len(block) > BLOCK:
            blocks[place : place + 1] = block[: BLOCK // 2], block[BLOCK // 2 :]
        return score

    def among(self, score: Score, places: float, *, ties: bool = False) -> bool:
        """Tell whether it is among the best `places`, or ties with the last of them."""
        sought = score[:-1] if ties else score
        place = bisect_left(self.blocks, sought, key=_last)
        before = sum(map(len, self.blocks[:place]))
        if before >= places or place == len(self.blocks):
            return before < places
        return before + bisect_left(self.blocks[place], sought) < places

    def lead(self, waiting: list[tuple[Score, str]]) -> None:
        """Put the best of those who wait first, where a heap has it already."""

    def has_sound(self) -> bool:
        """Tell whether any score is not diverged."""
        return not is_diverged(self.blocks[0][0])


class Fronts(msgspec.Struct, tag="several"):
    """Scores of several objectives in non-dominated fronts, the best first.

    Fronts are those of NSGA-II (Deb et al., 2002). Within a front the order is that of MO-ASHA
    (arXiv 2106.12639, section 3): the best in the first objective, then whoever is farthest from
    all before, so that the first few of a front cover it. That each objective is first scaled to
    the front's range, so that units do not matter, is an addition. A trial that diverged in one
    objective counts as diverged in all.
    """

    fronts: list[list[Score]] = []
    count: int = 0

    def __len__(self) -> int:
        return self.count

    def enter(self, values: tuple[float, ...]) -> Score:
        """Take a newcomer in; whom it dominates falls back by a front, and so on down the line.

        A front that holds nobody who dominates the newcomer is followed by such fronts only, so
        that its own is found by bisection.
        """
        score = (*((inf,) * len(values) if inf in values else values), float(self.count))
        self.count += 1
        index = bisect_left(
            self.fronts, True, key=lambda front: not any(_dominates(one, score) for one in front)
        )
        moved = [score]
        while moved and index < len(self.fronts):
            front = self.fronts[index]
            fallen = [one for one in front if any(_dominates(other, one) for other in moved)]
            gone = set(fallen)
            self.fronts[index] = sorted([*(one for one in front if one not in gone), *moved])
            moved, index = fallen, index + 1
        if moved:
            self.fronts.append(sorted(moved))
        return score

    def among(self, score: Score, places: float, *, ties: bool = False) -> bool:
        """Tell whether it is among the best `places`, or ties with the last of them."""
        for front in self.fronts:
            place = bisect_left(front, score)
            if front[place : place + 1] == [score]:
                chosen = front if len(front) <= places else islice(spread(front), ceil(places))
                return places > 0 and any(
                    one == score or (ties and one[:-1] == score[:-1]) for one in chosen
                )
            places = max(places - len(front), 0)
        raise KeyError(score)

    def lead(self, waiting: list[tuple[Score, str]]) -> None:
        """Put the best of those who wait first."""
        places = {score: place for place, (score, _) in enumerate(waiting)}
        for front in self.fronts:
            if any(score in places for score in front):
                place = next(places[score] for score in spread(front) if score in places)
                waiting[0], waiting[place] = waiting[place], waiting[0]
                return

    def has_sound(self) -> bool:
        """Tell whether any score is not diverged."""
        return not is_diverged(self.fronts[0][0])


def ranking_for(problem: Problem) -> type[Line | Fronts]:
    """Return how trials of this problem are ranked."""
    return Line if len(problem.objectives) == 1 else Fronts


def is_diverged(score: Score) -> bool:
    """Tell whether the trial got to no number."""
    return score[0] == inf


def spread(front: Sequence[Score]) -> Iterator[Score]:
    """Yield a front so that each next one is the farthest from all before it."""
    points = _scaled([score[:-1] for score in front])
    distances = [inf] * len(front)
    left = list(range(len(front)))
    while left:
        nearest = max(left, key=lambda index: distances[index])  # the first of equals
        left.remove(nearest)
        yield front[nearest]
        for index in left:
            pairs = zip(points[index], points[nearest], strict=True)
            distance = sum((one - other) ** 2 for one, other in pairs)
            distances[index] = min(distances[index], distance)


def _dominates(one: Score, other: Score) -> bool:
    return one[:-1] != other[:-1] and all(map(le, one[:-1], other[:-1]))


def _scaled(points: Sequence[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """Return the points with each coordinate from 0 to 1; one without a finite range counts 0."""
    columns = []
    for column in zip(*points, strict=True):
        finite = [value for value in column if isfinite(value)]
        low = min(finite, default=0.0)
        span = max(finite, default=0.0) - low
        measurable = 0 < span < inf
        columns.append([(x - low) / span if measurable and isfinite(x) else 0.0 for x in column])
    return list(zip(*columns, strict=True))
