"""Real learning curves of 256 sampled configurations: ARLBench, and scikit-learn curves of our own.

A proposal stands for the recorded configuration nearest to it in the unit cube that no other
proposal of the experiment stands for (`proposal="unused"`), or for the nearest of all ("nearest",
a function that is constant in cells), or is the number of one ("row", a finite set). Values are
judged against the table alone. A run that diverged reports NaN, and counts as the worst of all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any

import numpy as np
import numpy.typing as npt

import tunesmith as tune
from tunesmith.errors import UsageError, did_you_mean
from tunesmith_bench.data import Data
from tunesmith_bench.families.noise import column, merits
from tunesmith_bench.task import Replay, Row, Task

Floats = npt.NDArray[np.float64]
_PREFIXES = {"arlbench": "arlbench_", "sklearn_curves": "sklearn_"}
_PROPOSALS = ("unused", "nearest", "row")


class Axis:
    """A parameter: where a value lies in the unit interval; absent values lie in the middle."""

    def __init__(self, parameter: Mapping[str, Any], recorded: Floats) -> None:
        self.name: str = parameter["name"]
        self.kind: str = parameter["type"]
        self.log = bool(parameter.get("log"))
        self.choices = [_tidy(value) for value in parameter.get("choices") or ()]
        low, high = parameter.get("observed") or (0.0, 1.0)
        self.low, self.high = parameter.get("lower", low), parameter.get("upper", high)
        self.present = ~np.isnan(recorded)

    def place(self, value: Any) -> float:
        """Return the position of a value."""
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return 0.5
        if self.choices:
            return self.choices.index(value) / max(1, len(self.choices) - 1)
        if self.kind == "bool":
            return float(value)
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return float((value - self.low) / (self.high - self.low))

    def domain(self) -> Any:
        """Return the domain, bounds included."""
        if self.choices:
            return tune.ordinal(self.choices)
        if self.kind == "int":
            low, high = int(self.low), int(self.high)
            return tune.qlograndint(low, high) if self.log else tune.qrandint(low, high)
        return (tune.loguniform if self.log else tune.uniform)(self.low, self.high)


class Sample:
    """Curves by row, repetition and point, and the row for each configuration.

    With `once`, a row stands for one configuration only, the first that is nearest to it, as long
    as there are others: what it stands for depends on what was asked for before. So every
    experiment has a sample of its own.
    """

    def __init__(
        self, axes: Sequence[Axis], columns: Sequence[Floats], curves: Mapping[str, Any]
    ) -> None:
        self.once = False
        self.taken: dict[bytes, int] = {}
        self._axes = axes
        self._metric: str = curves["metric"]
        self._values: Floats = curves["values"]
        self._elapsed: Floats = curves["elapsed"]
        self._scores: Floats = curves["scores"]
        self._places = np.array(
            [
                [axis.place(_tidy(value)) for value in values]
                for axis, values in zip(axes, columns, strict=True)
            ]
        ).T

    def untouched(self) -> Sample:
        """Return a sample of the same curves for an experiment that begins."""
        fresh = copy(self)
        fresh.taken = {}
        return fresh

    def row(self, config: Mapping[str, Any]) -> int:
        """Return the number of the recorded configuration that this one stands for."""
        if "row" in config:
            return int(config["row"])
        flat: dict[str, Any] = {}
        for name, value in config.items():
            flat |= value if isinstance(value, Mapping) else {name: value}
        point = np.array([axis.place(flat.get(axis.name)) for axis in self._axes])
        distances = ((self._places - point) ** 2).sum(axis=1)
        if not self.once:
            return int(np.argmin(distances))
        key = point.tobytes()
        if key not in self.taken:
            taken = set(self.taken.values())
            if len(taken) < len(distances):
                distances[list(taken)] = np.inf
            self.taken[key] = int(np.argmin(distances))
        return self.taken[key]

    def curve(self, config: Mapping[str, Any], seed: int) -> Sequence[Row]:
        """Return one recorded run of the row."""
        row = self.row(config)
        run = column(seed, row, self._values.shape[1])
        columns = (self._values[row, run], self._scores[row], self._elapsed[row, run])
        return [
            {self._metric: value, "score": score, "elapsed_s": elapsed}
            for value, score, elapsed in zip(*(part.tolist() for part in columns), strict=True)
        ]


class SampledTask(Task, frozen=True, kw_only=True):
    """A task on a sample."""

    sample: Sample

    def bind(self, seed: int) -> Any:
        """Return the training code for one repetition."""
        return tune.with_parameters(Replay, source=self.sample.untouched(), seed=seed)


def instances(family: str, data: Data) -> list[str]:
    """Return the names of the tables."""
    return data.stems(_PREFIXES[family])


def load(family: str, instance: str, data: Data, *, proposal: str = "unused") -> Task:
    """Return the task of one table."""
    if proposal not in _PROPOSALS:
        guess, names = did_you_mean(proposal, _PROPOSALS), ", ".join(map(repr, _PROPOSALS))
        raise UsageError(
            f"{family}: proposal={proposal!r} is not possible{guess or ';'} expected {names}"
        )
    stem = _PREFIXES[family] + instance
    path, description = data.path(stem), data.description(stem)
    with np.load(path) as arrays:
        curves = _CURVES[family](description, arrays)
        columns = [
            np.asarray(arrays[f"cfg_{one['name']}"], np.float64)
            for one in description["hyperparameters"]
        ]
    pairs = zip(description["hyperparameters"], columns, strict=True)
    axes = [Axis(parameter, recorded) for parameter, recorded in pairs]
    count = len(columns[0])
    is_max = description["direction"] == "maximize"
    ends = curves["scores"][:, -1]
    sample = Sample(axes, columns, curves)
    sample.once = proposal == "unused"
    return SampledTask(
        sample=sample,
        trainable=tune.with_parameters(Replay, source=sample),
        seeded=True,
        space={"row": tune.choice(range(count))} if proposal == "row" else _space(axes, columns),
        metric=curves["metric"],
        mode="max" if is_max else "min",
        max_resource=curves["values"].shape[2],
        score="score",
        full_time_s=float(np.median(curves["elapsed"][:, :, -1])),
        best=float(ends.max() if is_max else curves["scores"].min()),
        reference=float(np.median(ends)),
    )


def _arlbench(description: Mapping[str, Any], arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Incumbents are judged by the mean of the final returns.

    The source has no times of single points: a run's measured seconds are spread evenly.
    """
    values = np.asarray(arrays["performance"], np.float64)
    means = merits(values[:, :, -1], is_max=True)
    seconds = description["measured_full_run_seconds"]["p50"]
    points = np.arange(1, values.shape[2] + 1) * (seconds / values.shape[2])
    return {
        "metric": "performance",
        "values": values,
        "elapsed": np.broadcast_to(points, values.shape),
        "scores": np.repeat(means[:, None], values.shape[2], axis=1),
    }


def _sklearn(description: Mapping[str, Any], arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Incumbents are judged by the mean over repetitions at the same epoch."""
    metric = description["metric"]
    values = np.asarray(arrays[metric], np.float64)
    return {
        "metric": metric,
        "values": values,
        "elapsed": np.cumsum(np.asarray(arrays["time_s"], np.float64), axis=2),
        "scores": merits(values, is_max=description["direction"] == "maximize"),
    }


_CURVES = {"arlbench": _arlbench, "sklearn_curves": _sklearn}


def _space(axes: Sequence[Axis], columns: Sequence[Floats]) -> dict[str, Any]:
    """Return the space; what is recorded only where a switch is on becomes a child of the switch.

    A child of `switch` stands in the dict at `switch`, beside `switch` itself.
    """
    recorded = {axis.name: values for axis, values in zip(axes, columns, strict=True)}
    switches = [axis for axis in axes if axis.kind == "bool"]
    children: dict[str, list[Axis]] = {axis.name: [] for axis in switches}
    space: dict[str, Any] = {}
    for axis in axes:
        if axis.kind == "bool":
            space[axis.name] = None
        elif axis.present.all():
            space[axis.name] = axis.domain()
        else:
            children[_switch(axis, switches, recorded)].append(axis)
    for name, inner in children.items():
        on = {name: 1, **{axis.name: axis.domain() for axis in inner}}
        space[name] = tune.choice([{name: 0}, on]) if inner else tune.choice([0, 1])
    return space


def _switch(axis: Axis, switches: Sequence[Axis], recorded: Mapping[str, Floats]) -> str:
    for switch in switches:
        if np.array_equal(recorded[switch.name] == 1, axis.present):
            return switch.name
    raise UsageError(
        f"the table records {axis.name!r} for some configurations only, and no switch says for "
        "which: expected a parameter of type 'bool' that is 1 exactly there"
    )


def _tidy(value: Any) -> Any:
    """Return a whole number as an int, so that choices read as they were meant."""
    number = float(value)
    return int(number) if number.is_integer() else number
