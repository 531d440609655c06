"""One cell of a contest: one method on one task with one seed, run and summed up."""

from __future__ import annotations

import functools
import hashlib
import math
import tempfile
from bisect import bisect_left
from collections.abc import Iterator
from time import perf_counter
from typing import Any

import msgspec
from threadpoolctl import threadpool_limits

import tunesmith as tune
from tunesmith.errors import CapabilityError, TunesmithError
from tunesmith.space import TranslationError
from tunesmith_bench.data import Data
from tunesmith_bench.families.catalog import load_task
from tunesmith_bench.suite import Horizon, Method
from tunesmith_bench.task import Scale, Task

FORM = 1
"""Version of what a cell's file holds; older files are run again."""


class TaskKey(msgspec.Struct, frozen=True, kw_only=True):
    """Which task it is."""

    family: str
    instance: str = ""
    options: dict[str, Any] = {}

    @property
    def name(self) -> str:
        """Return the task's name in tables."""
        parts = [self.family, self.instance]
        parts += [f"{key}={value}" for key, value in self.options.items()]
        return "/".join(part for part in parts if part)


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """All that decides what comes out of a cell."""

    method: Method
    task: TaskKey
    seed: int
    workers: int
    horizon: Horizon
    simulator: dict[str, Any] = {}

    @property
    def digest(self) -> str:
        """Return the name of the cell's file, another one for each other definition."""
        # What a method is called does not change what it does.
        unnamed = msgspec.structs.replace(self, method=msgspec.structs.replace(self.method, name=""))
        text = msgspec.json.encode((FORM, unnamed), order="deterministic")
        return hashlib.sha256(text).hexdigest()[:20]


class Point(msgspec.Struct, frozen=True, array_like=True):
    """A new incumbent: when it came, what the method saw, and what it is worth.

    `fraction` is of the horizon. `score` is None where it is not finite.
    """

    fraction: float
    time_s: float
    value: float
    score: float | None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a cell; `error` says why nothing did.

    `impossible` tells an error that lies in the pairing (a searcher that cannot take the space)
    from a failure. `forks` counts trials that went on from another configuration's checkpoint.
    """

    cell: Cell
    scale: Scale | None = None
    points: list[Point] = []
    trials: int = 0
    reports: int = 0
    forks: int = 0
    statuses: dict[str, int] = {}
    simulated_s: float = 0.0
    wall_s: float = 0.0
    error: str = ""
    impossible: bool = False


def perform(cell: Cell, folder: str) -> Outcome:
    """Run a cell in this process; an error of tunesmith's is returned, not raised."""
    began = perf_counter()
    try:
        task = _task(msgspec.json.encode(cell.task), folder)
        # Threads of its own would only fight with the other cells'.
        with threadpool_limits(1), tempfile.TemporaryDirectory(prefix="tunesmith-bench-") as runs:
            return _summed(cell, task, _run(cell, task, runs), began)
    except TunesmithError as error:
        return Outcome(
            cell=cell,
            error=str(error),
            impossible=isinstance(error, CapabilityError | TranslationError),
            wall_s=perf_counter() - began,
        )


@functools.lru_cache(maxsize=4)
def _task(key: bytes, folder: str) -> Task:
    found = msgspec.json.decode(key, type=TaskKey)
    return load_task(found.family, found.instance, Data(folder), found.options)


def _run(cell: Cell, task: Task, storage: str) -> tune.Results:
    return tune.run(
        task.bind(cell.seed),
        task.space,
        metric=task.metric,
        mode=task.mode,
        searcher=cell.method.searcher,
        scheduler=cell.method.scheduler,
        num_samples=cell.horizon.trials,
        time_budget_s=cell.horizon.time_s(task.full_time_s),
        stop={task.resource: task.max_resource},
        resource=task.resource,
        executor={
            "name": "simulated",
            "workers": cell.workers,
            "time_metric": task.time_metric,
            **cell.simulator,
        },
        checkpoint=tune.CheckpointConfig(at_end=False),
        storage=storage,
        name="cell",
        seed=cell.seed,
        verbose=0,
    )


def _summed(cell: Cell, task: Task, results: tune.Results, began: float) -> Outcome:
    reports = sorted(_reports(results, task), key=lambda report: report[0])
    statuses = {str(status): count for status, count in results.counts.items() if count}
    outcome = Outcome(
        cell=cell,
        scale=task.scale,
        points=list(_points(reports, _progress(cell, task, results), task.mode == "max")),
        trials=len(results),
        reports=len(reports),
        forks=sum(len(trial.lineage) > 1 for trial in results if trial.attempts > 1),
        statuses=statuses,
        simulated_s=reports[-1][0] if reports else 0.0,
        wall_s=perf_counter() - began,
    )
    results.close()
    return outcome


def _reports(results: tune.Results, task: Task) -> Iterator[tuple[float, float, float]]:
    """Yield (time, value, score) of every report."""
    for trial in results:
        for row in trial.history:
            value = row.get(task.metric)
            score = row.get(task.score) if task.score else value
            yield row["timestamp"], _number(value), _number(score)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else math.nan


def _progress(cell: Cell, task: Task, results: tune.Results) -> Any:
    """Return the function from a moment to the share of the horizon that is over."""
    limit = cell.horizon.time_s(task.full_time_s)
    if limit is not None:
        return lambda at: at / limit
    ends = sorted(trial.ended_at for trial in results if trial.ended_at is not None)
    # A report belongs to the evaluation that is going on, of which it is the result.
    return lambda at: min(1.0, (bisect_left(ends, at) + 1) / (cell.horizon.trials or 1))


def _points(
    reports: list[tuple[float, float, float]], progress: Any, is_max: bool
) -> Iterator[Point]:
    """Yield the incumbents: the best values so far, as the method saw them."""
    best = -math.inf
    for at, value, score in reports:
        merit = value if is_max else -value
        if math.isfinite(value) and merit > best:
            best = merit
            yield Point(progress(at), at, value, score if math.isfinite(score) else None)
