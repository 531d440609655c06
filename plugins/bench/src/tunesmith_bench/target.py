"""A target: an experiment's end once its incumbent is good enough, and who got there how soon."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import numpy.typing as npt

from tunesmith.errors import UsageError
from tunesmith_bench.task import Task

if TYPE_CHECKING:
    from tunesmith_bench.cell import Cell, Outcome

RESAMPLES = 10_000


class NoScaleError(UsageError):
    """Nothing is known of a task that regret could be measured against."""


class Goal:
    """Ends an experiment once the score of its incumbent has come down to a regret of `target`.

    Raises:
        NoScaleError: the task has no regret.
    """

    def __init__(self, task: Task, target: float) -> None:
        if task.best is None or task.reference is None:
            raise NoScaleError(
                f"horizon: target={target!r} is a normalised regret, and this task has none: give "
                "its Task best= and reference=, or leave target out"
            )
        self._task = task
        self._scale = task.scale
        self._target = target
        self._merit = -math.inf
        self._reached = False

    def __call__(self, trial_id: str, metrics: Mapping[str, Any]) -> bool:  # noqa: ARG002
        """Take a report in; no trial is stopped before all are."""
        task = self._task
        value = metrics.get(task.metric)
        if isinstance(value, int | float) and math.isfinite(value):
            merit = value if task.mode == "max" else -value
            if merit > self._merit:
                self._merit = merit
                score = metrics.get(task.score, math.nan) if task.score else value
                self._reached = self._reached or self._scale.regret(score) <= self._target
        return self._reached

    def stop_all(self) -> bool:
        """Tell whether the target is reached."""
        return self._reached

    def until(self, resource: str) -> float:  # noqa: ARG002
        """Return infinity: it ends all trials at once and none by itself."""
        return math.inf


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """How soon a method gets to the target of a task.

    `mean_s` is the mean simulated time over the seeds that got there, `reached` of `seeds`.
    `speedup` is the baseline's mean time in units of the method's, over the seeds on which both
    got there; `low` and `high` bound it with 95 % (bootstrap over the seeds, in pairs).
    `efficiency` is that speed-up, in units of how many times as many workers there are, over the
    method that has the fewest workers and is the same otherwise; NaN where that is itself.
    """

    task: str
    method: str
    workers: int
    reached: int
    seeds: int
    mean_s: float
    trials: float
    speedup: float
    low: float
    high: float
    efficiency: float


def arrivals(outcomes: Sequence[Outcome], baseline: str) -> list[Arrival]:
    """Return who got to the targets of those tasks that have one, in the order of the cells."""
    groups: dict[tuple[str, str], list[Outcome]] = {}
    for one in outcomes:
        if one.cell.horizon.target is not None and one.scale is not None:
            groups.setdefault((one.cell.task.name, one.cell.method.name), []).append(one)
    return [_arrival(groups, task, method, baseline) for task, method in groups]


def arrived_s(outcome: Outcome) -> float:
    """Return when the incumbent came that reached the target; NaN if none did."""
    target, scale = outcome.cell.horizon.target, outcome.scale
    if target is None or scale is None:
        return math.nan
    found = (point.time_s for point in outcome.points if scale.regret(point.score) <= target)
    return next(found, math.nan)


def _arrival(
    groups: Mapping[tuple[str, str], Sequence[Outcome]], task: str, method: str, baseline: str
) -> Arrival:
    outcomes = groups[task, method]
    times = {one.cell.seed: arrived_s(one) for one in outcomes}
    reached = [at for at in times.values() if not math.isnan(at)]
    cell = outcomes[0].cell
    ours = _pairs(groups.get((task, baseline), ()), times)
    speedup, low, high = _ratio(ours)
    fewest = min(
        (other for (where, _), other in groups.items() if where == task and _alike(other, cell)),
        key=lambda other: other[0].cell.workers,
    )
    more = cell.workers / fewest[0].cell.workers
    return Arrival(
        task=task,
        method=method,
        workers=cell.workers,
        reached=len(reached),
        seeds=len(outcomes),
        mean_s=float(np.mean(reached)) if reached else math.nan,
        trials=float(np.mean([one.trials for one in outcomes])),
        speedup=speedup,
        low=low,
        high=high,
        efficiency=_ratio(_pairs(fewest, times))[0] / more if more > 1 else math.nan,
    )


def _alike(outcomes: Sequence[Outcome], cell: Cell) -> bool:
    """Tell whether a method differs from the cell's in nothing but the workers."""
    other = outcomes[0].cell
    one, two = (
        (x.method.searcher, x.method.scheduler, x.simulator, x.horizon) for x in (other, cell)
    )
    return one == two


def _pairs(others: Sequence[Outcome], times: Mapping[int, float]) -> npt.NDArray[np.float64]:
    """Return the times of others and ours, by seed, of the seeds on which both arrived."""
    found = [(arrived_s(one), times.get(one.cell.seed, math.nan)) for one in others]
    return np.array([pair for pair in found if not any(map(math.isnan, pair))]).reshape(-1, 2)


def _ratio(pairs: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    """Return how many times as long the first take, with 95 % bounds."""
    if not len(pairs):
        return math.nan, math.nan, math.nan
    rng = np.random.default_rng(0)
    drawn = pairs[rng.integers(len(pairs), size=(RESAMPLES, len(pairs)))].sum(axis=1)
    theirs, ours = pairs.sum(axis=0)
    low, high = np.percentile(drawn[:, 0] / drawn[:, 1], (2.5, 97.5))
    return float(theirs / ours), float(low), float(high)
