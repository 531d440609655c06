"""LCDB: how good 20 classifiers are after more and more training data, with real fit times.

Resource `budget` is the number of training rows in units of the smallest. Each anchor is a fit of
its own, so a trial's time is the sum of its fits. A fit that failed or ran out of time reports
NaN, costs what the median classifier costs there, and counts as the worst of all. Source: Mohr et
al., ECML 2022; from the data folder or from the package lcdb.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import tunesmith as tune
from tunesmith_bench.data import Data, package_folder
from tunesmith_bench.families.noise import column, merits
from tunesmith_bench.task import Row, Task, replayed

STEM = "lcdb_accuracy"
PACKAGE = "lcdb"
REPETITIONS = 5
Floats = npt.NDArray[np.float64]


class Database:
    """Scores and times by learner, anchor and repetition."""

    def __init__(self, learners: Sequence[str], arrays: Mapping[str, Any]) -> None:
        self.learners = list(learners)
        self.anchors = np.asarray(arrays["anchors"], np.float64)
        shape = (len(self.learners), len(self.anchors), -1)
        self.scores: Floats = np.asarray(arrays["score_valid"], np.float64).reshape(shape)
        times: Floats = np.asarray(arrays["traintime"], np.float64).reshape(shape)
        known = np.where(np.isnan(times).all(axis=(0, 2), keepdims=True), 0.0, times)
        times = np.where(np.isnan(times), np.nanmedian(known, axis=(0, 2), keepdims=True), times)
        self.elapsed = np.cumsum(times, axis=1)
        self.means = merits(self.scores[:, -1], is_max=True)

    def curve(self, config: Mapping[str, Any], seed: int) -> Sequence[Row]:
        """Return one repetition of the learner's curve."""
        row = self.learners.index(config["learner"])
        run = column(seed, row, self.scores.shape[2])
        columns = (
            (self.anchors / self.anchors[0]).tolist(),
            self.scores[row, :, run].tolist(),
            self.elapsed[row, :, run].tolist(),
        )
        score = float(self.means[row])
        return [
            {"accuracy": value, "budget": budget, "elapsed_s": elapsed, "score": score}
            for budget, value, elapsed in zip(*columns, strict=True)
        ]


def instances(family: str, data: Data) -> list[str]:
    """Return the OpenML numbers in the folder; the package has many more."""
    del family
    if not data.has(STEM):
        return []
    return [str(one["openmlid"]) for one in data.description(STEM)["datasets"]]


def load(family: str, instance: str, data: Data) -> Task:
    """Return the task of one data set."""
    del family
    if data.has(STEM):
        description = data.description(STEM)
        with np.load(data.path(STEM)) as arrays:
            if f"d{instance}_anchors" not in arrays.files:
                raise data.missing(f"{STEM}: {instance}", package=PACKAGE)
            names = ("anchors", "score_valid", "traintime")
            database = Database(
                description["hyperparameters"][0]["choices"],
                {name: arrays[f"d{instance}_{name}"] for name in names},
            )
    else:
        database = from_package(instance, data)
    return replayed(
        database,
        space={"learner": tune.choice(database.learners)},
        metric="accuracy",
        mode="max",
        resource="budget",
        max_resource=float(database.anchors[-1] / database.anchors[0]),
        score="score",
        full_time_s=float(np.median(database.elapsed[:, -1])),
        best=float(database.means.max()),
        reference=float(np.median(database.means)),
    )


def from_package(instance: str, data: Data) -> Database:
    """Read one data set's lines of the package's table."""
    folder = package_folder(PACKAGE)
    path = folder / "database-accuracy.csv" if folder else None
    rows = lines(path, instance) if path is not None and path.is_file() else []
    if not rows:
        raise data.missing(f"{STEM}: {instance}", package=PACKAGE)
    learners = sorted({row[1] for row in rows})
    anchors = sorted({int(row[2]) for row in rows})
    shape = (len(learners), len(anchors), REPETITIONS, REPETITIONS)
    arrays = {name: np.full(shape, np.nan) for name in ("score_valid", "traintime")}
    for _, learner, anchor, _, outer, inner, seconds, _, score, _ in rows:
        place = (learners.index(learner), anchors.index(int(anchor)), int(outer), int(inner))
        arrays["score_valid"][place] = float(score or "nan")
        arrays["traintime"][place] = float(seconds or "nan")
    return Database(learners, {**arrays, "anchors": anchors})


def lines(path: Path, instance: str) -> list[list[str]]:
    """Return the fields of one data set's lines; the file has two million of them."""
    start = f"{instance},".encode()
    with path.open("rb") as file:
        return [line.decode().rstrip("\r\n").split(",") for line in file if line.startswith(start)]
