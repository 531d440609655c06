"""One cell of a contest: one method on one task with one seed, run and summed up."""

from __future__ import annotations

import functools
import hashlib
import math
import tempfile
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from time import perf_counter
from typing import Any

import msgspec
from threadpoolctl import threadpool_limits

import tunesmith as tune
from tunesmith.errors import CapabilityError, TunesmithError, UsageError
from tunesmith.space import TranslationError
from tunesmith_bench.data import Data
from tunesmith_bench.families.catalog import load_task
from tunesmith_bench.suite import Horizon, Method
from tunesmith_bench.target import Goal, NoScaleError
from tunesmith_bench.task import Scale, Task

FORM = 2
"""Version of what a cell's file holds; older files are run again."""


Seen = tuple[float, float, float]
"""A report: time, value and score."""


class TaskKey(msgspec.Struct, frozen=True, kw_only=True):
    """Which task it is."""

    family: str
    instance: str = ""
    options: dict[str, Any] = {}
    label: str = ""

    @property
    def name(self) -> str:
        """Return the task's name in tables."""
        parts = [self.label or self.family, self.instance]
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
        # What something is called does not change what it does.
        method = msgspec.structs.replace(self.method, name="")
        task = msgspec.structs.replace(self.task, label="")
        unnamed = msgspec.structs.replace(self, method=method, task=task)
        plain = msgspec.json.decode(msgspec.json.encode(unnamed, order="deterministic"))
        # The cell's own options of the simulator hold the method's.
        del plain["method"]["simulator"]
        if self.horizon.target is None:
            del plain["horizon"]["target"]
        return hashlib.sha256(msgspec.json.encode((FORM, plain))).hexdigest()[:20]


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
    """Run a cell in this process; an error is returned, not raised.

    Raises:
        KeyboardInterrupt: the cell was stopped by a signal, and what came of it is no result.
    """
    began = perf_counter()
    task = None
    try:
        task = _task(msgspec.json.encode(cell.task), folder)
        # Threads of its own would only fight with the other cells'.
        with threadpool_limits(1), tempfile.TemporaryDirectory(prefix="tunesmith-bench-") as runs:
            return _summed(cell, task, _run(cell, task, runs), began)
    except TunesmithError as error:
        text = str(error)
        impossible = isinstance(error, CapabilityError | TranslationError)
        is_misfit = isinstance(error, UsageError) and not isinstance(error, NoScaleError)
        if is_misfit and task is not None and task.max_resource <= 1:
            # Such as a ladder of rungs without a second rung.
            text, impossible = f"its trials report once: {text}", True
    except Exception:  # noqa: BLE001 (a task of the user's own may raise anything; others go on)
        text, impossible = traceback.format_exc(), False
    return Outcome(cell=cell, error=text, impossible=impossible, wall_s=perf_counter() - began)


@functools.lru_cache(maxsize=4)
def _task(key: bytes, folder: str) -> Task:
    found = msgspec.json.decode(key, type=TaskKey)
    return load_task(found.family, found.instance, Data(folder), found.options)


def _run(cell: Cell, task: Task, storage: str) -> tune.Results:
    results = tune.run(
        task.bind(cell.seed),
        task.space,
        metric=task.metric,
        mode=task.mode,
        searcher=cell.method.searcher,
        scheduler=cell.method.scheduler,
        num_samples=cell.horizon.trials,
        time_budget_s=cell.horizon.time_s(task.full_time_s),
        stop=_stop(cell, task),
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
    if results.state == "stopped":
        raise KeyboardInterrupt(results.reason)
    return results


def _stop(cell: Cell, task: Task) -> list[Any]:
    """Return when a trial, and when the experiment, has got as far as it should."""
    end = {task.resource: task.max_resource}
    target = cell.horizon.target
    return [end] if target is None else [end, Goal(task, target)]


def _summed(cell: Cell, task: Task, results: tune.Results, began: float) -> Outcome:
    histories = [list(_reports(trial.history, task)) for trial in results]
    longest = max(map(len, histories), default=0)
    reports = sorted(chain(*histories), key=lambda report: report[0])
    fractions = _fractions(cell, task, [report[0] for report in reports], longest)
    statuses = {str(status): count for status, count in results.counts.items() if count}
    outcome = Outcome(
        cell=cell,
        scale=task.scale,
        points=list(_points(reports, fractions, is_max=task.mode == "max")),
        trials=len(results),
        reports=len(reports),
        forks=sum(len(trial.lineage) > 1 for trial in results if trial.attempts > 1),
        statuses=statuses,
        simulated_s=reports[-1][0] if reports else 0.0,
        wall_s=perf_counter() - began,
    )
    results.close()
    return outcome


def _reports(history: Iterable[Mapping[str, Any]], task: Task) -> Iterator[Seen]:
    for row in history:
        value = row.get(task.metric)
        score = row.get(task.score) if task.score else value
        yield row["timestamp"], _number(value), _number(score)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else math.nan


def _fractions(cell: Cell, task: Task, times: Sequence[float], longest: int) -> Iterator[float]:
    """Yield for each report, in order, which share of the horizon is over.

    Where trials are counted, that is the share of training: of so many trials of `longest` reports.
    """
    limit = cell.horizon.time_s(task.full_time_s)
    for number, at in enumerate(times, 1):
        if limit is not None:
            yield at / limit
        else:
            yield min(1.0, number / ((cell.horizon.trials or 1) * longest))


def _points(
    reports: Sequence[Seen], fractions: Iterable[float], *, is_max: bool
) -> Iterator[Point]:
    """Yield the incumbents: the best values so far, as the method saw them."""
    best = -math.inf
    for (at, value, score), fraction in zip(reports, fractions, strict=True):
        merit = value if is_max else -value
        if math.isfinite(value) and merit > best:
            best = merit
            yield Point(fraction, at, value, score if math.isfinite(score) else None)
