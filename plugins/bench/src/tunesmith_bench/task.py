"""Benchmark tasks: training code, its space, and what is known about how well it can be solved."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec

import tunesmith as tune

Row = dict[str, Any]


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """How a task's scores become normalised regret: 0 at `best`, 1 at `reference`.

    `reference` is the score of the median configuration at full training. `quantile` is what the
    best one in a thousand configurations reach, a goal that no thin spurious peak of a surrogate
    can spoil. What is None is taken from the contest's own results. With `log`, logarithms are
    compared.
    """

    mode: Literal["min", "max"]
    best: float | None = None
    reference: float | None = None
    quantile: float | None = None
    log: bool = False

    def loss(self, score: float) -> float:
        """Return the score as a number that is the smaller the better."""
        if self.log:
            score = math.log(max(score, 1e-300))
        return -score if self.mode == "max" else score

    def regret(self, score: float | None, *, goal: float | None = None) -> float:
        """Return the normalised regret, at least 0; NaN for no score, or on an unknown scale."""
        goal = self.best if goal is None else goal
        if score is None or goal is None or self.reference is None or not math.isfinite(score):
            return math.nan
        width = self.loss(self.reference) - self.loss(goal)
        distance = max(self.loss(score) - self.loss(goal), 0.0)
        return distance / width if width > 0 else math.nan


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A benchmark task: what `tune.run` needs, and what the results are measured against.

    `trainable` is ordinary training code that reports, as `time_metric`, the simulated seconds
    since the trial's start. With `seeded` it gets `seed=` besides its config: the noise of one
    repetition, the same for all methods. It ends by itself at `max_resource`. `full_time_s` is how
    long the median configuration trains. `score` names the reported metric by which an incumbent
    is judged, where that is not the noisy value which the method sees.
    """

    trainable: Any
    space: Mapping[str, Any]
    metric: str
    mode: Literal["min", "max"]
    max_resource: float = 1
    resource: str = "training_iteration"
    full_time_s: float = 1.0
    time_metric: str = "elapsed_s"
    seeded: bool = False
    score: str = ""
    best: float | None = None
    reference: float | None = None
    quantile: float | None = None
    log: bool = False

    @property
    def scale(self) -> Scale:
        """Return how its scores are normalised."""
        return Scale(
            mode=self.mode,
            best=self.best,
            reference=self.reference,
            quantile=self.quantile,
            log=self.log,
        )

    def bind(self, seed: int) -> Any:
        """Return the training code for one repetition."""
        return tune.with_parameters(self.trainable, seed=seed) if self.seeded else self.trainable


class Source(Protocol):
    """Where recorded or computed learning curves come from."""

    def curve(self, config: Mapping[str, Any], seed: int) -> Sequence[Row]:
        """Return all reports of a full training; each has `elapsed_s`, which never decreases."""


class Replay:
    """Training code that reports a known curve row by row.

    It can be saved at any row. A trial that goes on from another's checkpoint goes on along its
    own curve: what training would have made of the other's weights, no record can tell.
    """

    def setup(self, config: Mapping[str, Any], *, source: Source, seed: int) -> None:
        """Look the whole curve up."""
        self._rows = source.curve(config, seed)
        self._next = 0
        self._offset = 0.0

    def step(self) -> Row | None:
        """Report the next row; None at the end."""
        if self._next >= len(self._rows):
            return None
        row = self._rows[self._next]
        self._next += 1
        return {**row, "elapsed_s": row["elapsed_s"] + self._offset} if self._offset else row

    def save_checkpoint(self, directory: str) -> None:
        """Write down how far it is."""
        elapsed = self._rows[self._next - 1]["elapsed_s"] + self._offset if self._next else 0.0
        state = json.dumps({"next": self._next, "elapsed_s": elapsed})
        Path(directory, "replay.json").write_text(state, encoding="utf-8")

    def load_checkpoint(self, directory: str) -> None:
        """Go on from there; the clock goes on too, also where the curve is another one."""
        state = json.loads(Path(directory, "replay.json").read_text(encoding="utf-8"))
        self._next = min(state["next"], len(self._rows))
        own = self._rows[self._next - 1]["elapsed_s"] if self._next else 0.0
        self._offset = state["elapsed_s"] - own


def replayed(source: Source, **fields: Any) -> Task:
    """Return the task whose training code replays the curves of `source`."""
    trainable = tune.with_parameters(Replay, source=source)
    return Task(trainable=trainable, seeded=True, **fields)
