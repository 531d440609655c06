"""What a benchmark is: two sides that take turns, and the rows that come of them."""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from math import inf
from typing import Any, Literal

from ratios.sizes import Sizes

Figures = Mapping[str, float]
"""What one measurement found, by name."""

Side = Callable[[], Figures]


class UnavailableError(Exception):
    """Something cannot be measured here; the message says why."""


@dataclass(frozen=True)
class Bound:
    """What must hold: at least, or at most, so much; None where a row only informs."""

    relation: Literal[">=", "<="]
    limit: float

    def holds(self, value: float) -> bool:
        """Tell whether a value keeps to it."""
        return value >= self.limit if self.relation == ">=" else value <= self.limit

    def __str__(self) -> str:
        return f"{self.relation} {self.limit:g}"


@dataclass(frozen=True)
class Row:
    """One line of the table.

    `key` says which figure of both sides is compared: as their ratio, as their difference, or,
    where there is no other side, as it is. `unit` is that of the figure itself.
    """

    name: str
    key: str
    unit: str
    bound: Bound | None
    means: str
    compare: Literal["ratio", "difference", "alone"] = "ratio"

    def value(self, ours: Figures, theirs: Figures | None) -> float:
        """Return what the bound is about, of one round."""
        if self.compare == "alone" or theirs is None:
            return ours[self.key]
        if self.compare == "difference":
            return ours[self.key] - theirs[self.key]
        return ours[self.key] / theirs[self.key]


@dataclass(frozen=True)
class Pair:
    """Two sides and what is read off them; `theirs` is None where a bound stands alone.

    `rounds` bounds the repeats, for a count that is the same each time.
    """

    ours: Side
    theirs: Side | None
    rows: tuple[Row, ...]
    rounds: int | None = None


@dataclass(frozen=True)
class Group:
    """Pairs that share a setting, which `open` provides while they are measured."""

    name: str
    open: Callable[[Sizes], AbstractContextManager[list[Pair]]]


def measure(pair: Pair, repeats: int, budget_s: float = inf) -> dict[str, dict[str, Any]]:
    """Return each row's figures: medians over rounds in which both sides take turns.

    No further round begins once `budget_s` seconds are over.
    """
    rounds: list[dict[str, Figures | None]] = []
    began = time.monotonic()
    for number in range(min(repeats, pair.rounds or repeats)):
        if rounds and time.monotonic() - began > budget_s:
            break
        found: dict[str, Figures | None] = {"ours": None, "theirs": None}
        order = ("ours", "theirs") if number % 2 == 0 else ("theirs", "ours")
        for side in order:
            if (measured := getattr(pair, side)) is not None:
                gc.collect()
                found[side] = measured()
        rounds.append(found)
    return {row.name: _summary(row, rounds) for row in pair.rows}


def _summary(row: Row, rounds: list[dict[str, Any]]) -> dict[str, Any]:
    values = [row.value(one["ours"], one["theirs"]) for one in rounds]
    compared = [one["theirs"][row.key] for one in rounds if row.compare != "alone"]
    value = statistics.median(values)
    return {
        "ours": statistics.median(one["ours"][row.key] for one in rounds),
        "theirs": statistics.median(compared) if compared else None,
        "value": value,
        "values": values,
        "rounds": len(values),
        "unit": row.unit,
        "compare": row.compare,
        "bound": asdict(row.bound) if row.bound else None,
        "holds": row.bound.holds(value) if row.bound else None,
        "means": row.means,
        "load": round(os.getloadavg()[0], 1),
        "measured": time.strftime("%Y-%m-%d", time.gmtime()),
    }
