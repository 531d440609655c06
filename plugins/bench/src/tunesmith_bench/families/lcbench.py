"""LCBench: learning curves of small networks, through YAHPO's surrogate.

Epochs 2 to 51 are iterations 1 to 50: epoch 1 is the untrained net, and 52 an artefact of the
surrogate. The best one in a thousand configurations lie on thin peaks above what such networks
reach, so tasks also carry a quantile; accuracies must not be quoted as real.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

import tunesmith as tune
from tunesmith.errors import UsageError, did_you_mean
from tunesmith_bench.data import Data
from tunesmith_bench.design import spread
from tunesmith_bench.families.surrogate import Surrogate
from tunesmith_bench.task import Row, Task, replayed

STEM = "yahpo_lcbench"
EPOCHS = range(2, 52)
KEPT = 20_000
"""Curves that are kept at most, a kilobyte each."""

_METRICS = {"val_accuracy": "max", "val_balanced_accuracy": "max", "val_cross_entropy": "min"}


class Curves:
    """A whole curve for each configuration, in one batch.

    Curves are kept: trials are started again, and methods with the same seed try the same ones.
    """

    def __init__(self, surrogate: Surrogate, metric: str) -> None:
        self._surrogate = surrogate
        self._metric = metric
        self._kept: dict[tuple[Any, ...], npt.NDArray[np.float64]] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return Curves, (self._surrogate, self._metric)

    def curve(self, config: Mapping[str, Any], seed: int) -> Sequence[Row]:
        """Return the reports of epochs 2 to 51; the surrogate has no noise to draw."""
        del seed
        key = tuple(config.items())
        if key not in self._kept:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[key] = self._computed(config)
        return [
            {self._metric: value, "elapsed_s": elapsed}
            for value, elapsed in self._kept[key].tolist()
        ]

    def _computed(self, config: Mapping[str, Any]) -> npt.NDArray[np.float64]:
        """Return value and time of each epoch."""
        found = self._surrogate([{**config, "epoch": epoch} for epoch in EPOCHS])
        elapsed = np.maximum.accumulate(np.maximum(found["time"], 0.0))
        return np.column_stack((found[self._metric], elapsed)).astype(np.float64)


def instances(family: str, data: Data) -> list[str]:
    """Return the names of the data sets."""
    del family
    return list(data.description(STEM)["instance_names"]) if data.has(STEM) else []


def load(family: str, instance: str, data: Data, *, metric: str = "val_accuracy") -> Task:
    """Return the task of one data set."""
    if metric not in _METRICS:
        raise UsageError(
            f"{family}: metric={metric!r} is not possible{did_you_mean(metric, _METRICS) or ';'}"
            f" expected {', '.join(map(repr, _METRICS))}"
        )
    data.path(STEM)
    description = data.description(STEM)
    number = description["instances"][description["instance_names"].index(instance)]
    surrogate = Surrogate(data, STEM, number)
    parameters = description["hyperparameters"]
    space = {one["name"]: domain(one) for one in parameters if one["name"] != "epoch"}
    full = [{**config, "epoch": EPOCHS[-1]} for config in spread(space, 8192)]
    found = surrogate(full)
    is_min = _METRICS[metric] == "min"
    extremes = description["global_min_max_from_500k_random"][number][metric]
    known = extremes["min" if is_min else "max"]
    values = found[metric]
    return replayed(
        Curves(surrogate, metric),
        space=space,
        metric=metric,
        mode=_METRICS[metric],
        max_resource=len(EPOCHS),
        full_time_s=float(np.median(np.maximum(found["time"][:1024], 0))),
        best=float(min(known, values.min()) if is_min else max(known, values.max())),
        reference=float(np.median(values[:1024])),
        quantile=float(np.quantile(values, 0.001 if is_min else 0.999)),
    )


def domain(parameter: Mapping[str, Any]) -> Any:
    """Return the domain of a surrogate's parameter; bounds are inclusive."""
    kind, log = parameter["type"], parameter.get("log", False)
    if kind == "categorical":
        return tune.choice(parameter["choices"])
    low, high = parameter["lower"], parameter["upper"]
    if kind == "uniform_int":
        return tune.qlograndint(low, high) if log else tune.qrandint(low, high)
    return tune.loguniform(low, high) if log else tune.uniform(low, high)
