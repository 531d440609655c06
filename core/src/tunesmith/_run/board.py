"""What is worth showing of a run: kept up to date at a constant cost per event."""

from __future__ import annotations

import bisect
import math
from collections import Counter
from collections.abc import Mapping

import msgspec

from tunesmith._engine.scoring import Scoring
from tunesmith._run.failures import ErrorGroups
from tunesmith.protocols import (
    Config,
    ErrorInfo,
    Objective,
    OutcomeConstraint,
    Result,
    TrialStatus,
    TrialView,
)

SHOWN = 10
"""Trials that a table shows."""

_REMEMBERED = 256
"""Trials that are followed at a time; of a larger cluster, those with news most lately."""

ENDED: tuple[TrialStatus, ...] = ("completed", "stopped", "failed")


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known before the first trial; `path` is the run folder as people should type it."""

    name: str
    path: str
    objectives: tuple[Objective, ...]
    outcome_constraints: tuple[OutcomeConstraint, ...] = ()
    searcher: str
    scheduler: str
    executor: str
    num_samples: int | None = None
    time_budget_s: float | None = None
    resource: str = "training_iteration"

    @property
    def metrics(self) -> tuple[str, ...]:
        """Return the metrics that trials are judged by, the first objective first."""
        return Scoring(self.objectives, self.outcome_constraints).metrics


class Best(msgspec.Struct, frozen=True):
    """A trial at its best report."""

    value: float
    trial: str
    config: Config
    result: Result
    status: TrialStatus


class Row(msgspec.Struct):
    """A trial that has not ended, at its newest report."""

    trial: TrialView
    status: TrialStatus
    result: Result | None = None
    best: Result | None = None


class Board:
    """The state of a run as people see it; bounded, however many trials there are.

    `best` holds one trial per objective, `top` the best trials by the first.
    """

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.rows: dict[str, Row] = {}
        self.best: list[Best | None] = [None] * len(facts.objectives)
        self.top: list[Best] = []
        self.errors = ErrorGroups()
        self.now = 0.0
        self.started: float | None = None
        self._ended: Counter[TrialStatus] = Counter()
        self.known: Mapping[TrialStatus, int] | None = None

    # Events ---------------------------------------------------------------------------------------

    def start(self, trial: TrialView) -> None:
        """Note that a trial runs, be it again."""
        row = self.rows.pop(trial.id, None)
        self.rows[trial.id] = Row(trial, "running", trial.last, row.best if row else trial.best)
        if len(self.rows) > _REMEMBERED:
            del self.rows[next(iter(self.rows))]

    def report(self, trial: TrialView, result: Result) -> bool:
        """Note a result; True if it is the best so far by the first objective."""
        row = self.rows.get(trial.id)
        if row is not None:
            row.result = result
            if result.violation:
                return False
            if row.best is None or result.values[0] < row.best.values[0]:
                row.best = result
        return self._score(trial, result)

    def pause(self, trial: TrialView) -> None:
        """Note that a trial gave its slot back."""
        row = self.rows.pop(trial.id, None)
        if row is not None:
            # Those that run stay longest.
            self.rows = {trial.id: row, **self.rows}
            row.status = "paused"

    def end(self, trial: TrialView, error: ErrorInfo | None = None) -> bool:
        """Note that a trial is over; True if it failed as none before it."""
        self.rows.pop(trial.id, None)
        self._ended[trial.status] += 1
        for index, one in enumerate(self.top):
            if one.trial == trial.id:
                self.top[index] = msgspec.structs.replace(one, status=trial.status)
        return error is not None and self.errors.add(trial.id, error)

    def recall(self, trial: TrialView, error: ErrorInfo | None = None) -> None:
        """Note a trial of an earlier part of the run, in whatever state it is."""
        if trial.best is not None:
            self._score(trial, trial.best)
        if trial.status in ENDED:
            self.end(trial, error)

    def tick(self, now: float, counts: Mapping[TrialStatus, int] | None) -> None:
        """Note the time, on the executor's clock, and how many trials there are by status.

        Without `counts` the trials that were seen here are counted.
        """
        if self.started is None:
            self.started = now
        self.now = now
        self.known = counts

    # Views ----------------------------------------------------------------------------------------

    @property
    def counts(self) -> dict[TrialStatus, int]:
        """Return how many trials there are by status, without those of which there are none."""
        order: tuple[TrialStatus, ...] = ("running", "pending", "paused", *ENDED)
        if self.known is not None:
            return {status: n for status in order if (n := self.known.get(status, 0))}
        followed = Counter(row.status for row in self.rows.values()) + self._ended
        return {status: followed[status] for status in order if followed[status]}

    @property
    def ended(self) -> int:
        """Return how many trials are over."""
        return sum(number for status, number in self.counts.items() if status in ENDED)

    @property
    def elapsed_s(self) -> float:
        """Return how long the run has taken, on the executor's clock."""
        return self.now - self.started if self.started is not None else 0.0

    @property
    def fraction(self) -> float | None:
        """Return how much of the run is done, by trials or by time; None if it has no set end."""
        parts = []
        if self.facts.num_samples:
            parts.append(self.ended / self.facts.num_samples)
        if self.facts.time_budget_s:
            parts.append(self.elapsed_s / self.facts.time_budget_s)
        return min(1.0, max(parts)) if parts else None

    @property
    def left_s(self) -> float | None:
        """Return how long the rest will take at the pace so far, None where nothing tells."""
        done = self.fraction
        return self.elapsed_s * (1 - done) / done if done else None

    def _score(self, trial: TrialView, result: Result) -> bool:
        """Rank a result, if it keeps to the outcome constraints; True if it is the best so far."""
        if result.violation:
            return False
        improved = False
        for index, value in enumerate(result.values):
            best = self.best[index]
            if math.isfinite(value) and (best is None or value < best.value):
                self.best[index] = Best(value, trial.id, trial.config, result, trial.status)
                improved |= index == 0
        self._rank(trial, result)
        return improved

    def _rank(self, trial: TrialView, result: Result) -> None:
        value = result.values[0] if result.values else math.inf
        full = len(self.top) == SHOWN
        if not math.isfinite(value) or (full and value >= self.top[-1].value):
            return
        for index, one in enumerate(self.top):
            if one.trial == trial.id:
                if one.value <= value:
                    return
                del self.top[index]
                break
        bisect.insort(
            self.top,
            Best(value, trial.id, trial.config, result, trial.status),
            key=lambda best: best.value,
        )
        del self.top[SHOWN:]
