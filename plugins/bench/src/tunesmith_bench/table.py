"""The tidy table of a contest: a row for each cell and moment, and the cube made of it."""

from __future__ import annotations

import csv
import json
import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tunesmith_bench.cell import Outcome
from tunesmith_bench.target import arrived_s
from tunesmith_bench.task import Scale

Floats = npt.NDArray[np.float64]

MOMENTS = sorted({*np.geomspace(0.01, 1, 61).round(6).tolist(), 0.25, 0.5, 0.75, 1.0})
"""Shares of the horizon at which regret is told, evenly spread on a log scale."""

COLUMNS = (
    "method",
    "searcher",
    "scheduler",
    "workers",
    "task",
    "family",
    "seed",
    "fraction",
    "time_s",
    "regret",
    "regret_q999",
    "score",
    "value",
    "trials",
    "reports",
    "wall_s",
    "target_s",
)


class Cube(msgspec.Struct, frozen=True):
    """Normalised regret by method, task, seed and moment; NaN where there is no incumbent.

    `quantile` is the same measured against the tasks' quantile, all NaN where they have none.
    """

    methods: list[str]
    tasks: list[str]
    seeds: list[int]
    regret: Floats
    quantile: Floats


def scales(outcomes: Sequence[Outcome]) -> dict[str, Scale]:
    """Return each task's scale; what is not known of a task is taken from its own cells.

    Then `best` is the best score of any method, and `reference` the median of the cells' first
    incumbents: such regret compares the methods of this contest only.
    """
    found: dict[str, Scale] = {}
    for name in dict.fromkeys(one.cell.task.name for one in outcomes):
        cells = [one for one in outcomes if one.cell.task.name == name and one.scale]
        if not cells or cells[0].scale is None:
            continue
        scale = cells[0].scale
        scores = [p.score for one in cells for p in one.points if p.score is not None]
        if scores and scale.best is None:
            best = min(scores) if scale.mode == "min" else max(scores)
            scale = msgspec.structs.replace(scale, best=best)
        if scores and scale.reference is None:
            firsts = [one.points[0].score for one in cells if one.points]
            median = float(np.median([score for score in firsts if score is not None] or [np.nan]))
            scale = msgspec.structs.replace(scale, reference=median)
        found[name] = scale
    return found


def rows(outcomes: Sequence[Outcome]) -> Iterator[tuple[Any, ...]]:
    """Yield the table's rows, in the order of `COLUMNS`."""
    known = scales(outcomes)
    for one in outcomes:
        if one.scale is None:
            continue
        cell, scale = one.cell, known[one.cell.task.name]
        searcher, scheduler = _text(cell.method.searcher), _text(cell.method.scheduler)
        head = cell.method.name, searcher, scheduler, cell.workers
        place = cell.task.name, cell.task.family, cell.seed
        arrived = arrived_s(one)
        for moment, found in zip(MOMENTS, _at_moments(one), strict=True):
            goal = scale.quantile
            score = found.score if found else None
            yield (
                *head,
                *place,
                moment,
                found.time_s if found else math.nan,
                scale.regret(score),
                math.nan if goal is None else scale.regret(score, goal=goal),
                math.nan if score is None else score,
                found.value if found else math.nan,
                one.trials,
                one.reports,
                round(one.wall_s, 3),
                arrived,
            )


def _at_moments(outcome: Outcome) -> Iterator[Any]:
    fractions = [point.fraction for point in outcome.points]
    for moment in MOMENTS:
        place = bisect_right(fractions, moment + 1e-9)
        yield outcome.points[place - 1] if place else None


def _text(chosen: Any) -> str:
    return chosen if isinstance(chosen, str) else json.dumps(chosen, sort_keys=True)


def write(outcomes: Sequence[Outcome], folder: Path) -> Path:
    """Write results.parquet if pyarrow can be imported, else results.csv; return the path."""
    try:
        import pyarrow as pa  # noqa: PLC0415 (optional)
        import pyarrow.parquet  # noqa: PLC0415
    except ImportError:  # not there, or made for another NumPy
        return _write_csv(outcomes, folder / "results.csv")
    columns = list(zip(*rows(outcomes), strict=True)) or [()] * len(COLUMNS)
    path = folder / "results.parquet"
    pyarrow.parquet.write_table(pa.table(dict(zip(COLUMNS, columns, strict=True))), path)
    return path


def _write_csv(outcomes: Sequence[Outcome], path: Path) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(
            ["" if isinstance(x, float) and math.isnan(x) else x for x in row]
            for row in rows(outcomes)
        )
    return path


def cube(outcomes: Sequence[Outcome]) -> Cube:
    """Return the regrets as an array, of the tasks on which every method ran."""
    good = [one for one in outcomes if one.scale is not None]
    methods = list(dict.fromkeys(one.cell.method.name for one in outcomes))
    seeds = list(dict.fromkeys(one.cell.seed for one in outcomes))
    ran = {(one.cell.method.name, one.cell.task.name) for one in good}
    every = dict.fromkeys(one.cell.task.name for one in outcomes)
    tasks = [task for task in every if all((method, task) in ran for method in methods)]
    shape = (len(methods), len(tasks), len(seeds), len(MOMENTS))
    regret, quantile = np.full(shape, np.nan), np.full(shape, np.nan)
    known = scales(outcomes)
    for one in good:
        if one.cell.task.name not in tasks:
            continue
        scale = known[one.cell.task.name]
        place = (
            methods.index(one.cell.method.name),
            tasks.index(one.cell.task.name),
            seeds.index(one.cell.seed),
        )
        scores = [point.score if point else None for point in _at_moments(one)]
        regret[place] = [scale.regret(score) for score in scores]
        if scale.quantile is not None:
            quantile[place] = [scale.regret(score, goal=scale.quantile) for score in scores]
    return Cube(methods, tasks, seeds, regret, quantile)
