"""One trial as results show it; everything beyond its record is read when it is asked for."""

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, overload

from tunesmith._engine.scoring import Scoring
from tunesmith._journal.archive import Archive
from tunesmith._journal.index import Record, Spot
from tunesmith._journal.lineage import Saved, Stage
from tunesmith._run import migration
from tunesmith._run.wording import amount, parameters
from tunesmith._trainable.checkpoint import SavedCheckpoint
from tunesmith.errors import UsageError
from tunesmith.protocols.objective import Objective
from tunesmith.protocols.result import Metrics
from tunesmith.protocols.trial import Config, TrialStatus


class TrialResult:
    """A trial, judged by one of its reports: with one objective its best, with several its last.

    `metrics`, `config`, `value` and `resource` are those of that report (a fork changes a trial's
    configuration on the way); a trial without reports has none and shows its configuration.
    """

    def __init__(
        self, archive: Archive, record: Record, spot: Spot | None, objective: Objective
    ) -> None:
        self._archive = archive
        self._record = record
        self._spot = spot
        self._objective = objective

    @property
    def id(self) -> str:
        """The trial's id, e.g. "0007"."""
        return self._record.id

    @property
    def status(self) -> TrialStatus:
        """How it stands: pending, running, paused, completed, stopped or failed."""
        return self._record.status

    @property
    def reason(self) -> str:
        """Why it was stopped, paused or lost; empty for one that completed by itself."""
        return self._record.reason

    @property
    def attempts(self) -> int:
        """How many times it was launched."""
        return self._record.attempts

    @property
    def iterations(self) -> int:
        """How many times it has reported, counted by the training code's own iterations."""
        return self._record.iterations or 0

    @property
    def started_at(self) -> float | None:
        """When it first ran, on the executor's clock; None if it never did."""
        return self._record.started_at

    @property
    def ended_at(self) -> float | None:
        """When it ended for good; None while it has not."""
        return self._record.ended_at

    @property
    def resource(self) -> float | None:
        """How far it had trained at the report it is judged by."""
        return None if self._spot is None else self._spot.resource

    @property
    def value(self) -> float | None:
        """The objective at the report it is judged by; None if it is missing or not finite.

        Also None where that report, and any other of the trial, breaks an outcome constraint.
        """
        return None if self._spot is None else self._spot.values[0]

    @cached_property
    def config(self) -> Config:
        """The configuration, nested and plain, as the training code got it."""
        number = self._record.config if self._spot is None else self._spot.config
        return self._archive.config(self.id, number)

    @cached_property
    def metrics(self) -> Metrics:
        """The metrics of the report it is judged by; empty if it never reported."""
        return {} if self._spot is None else self._archive.metrics(self._spot)

    @property
    def last_metrics(self) -> Metrics:
        """The metrics of its last report; empty if it never reported."""
        tail = self._record.tail
        return {} if tail is None else self._archive.metrics(tail)

    @cached_property
    def history(self) -> list[Metrics]:
        """All reports in order, each with training_iteration, time_total_s and timestamp.

        After a fork the iterations go on from the clone's source.
        """
        return [report.metrics for report in self._archive.reports(self.id)]

    @cached_property
    def lineage(self) -> tuple[Stage, ...]:
        """How it came to the report it is judged by: the configurations that ran, oldest first.

        Each stage says from which resource on its `config` ran, and of which trial, itself
        included, it went on from a checkpoint. A trial that no scheduler ever forked has one stage.
        """
        return self._archive.lineage(self.id, self._attempt)

    @property
    def error(self) -> str | None:
        """Why it failed, the training code's own traceback first; None if it did not fail."""
        if self.status != "failed":
            return None
        return self._archive.error(self._record.error) if self._record.error else self.reason

    @property
    def checkpoint(self) -> SavedCheckpoint | None:
        """The one saved at the report the trial is judged by, else the best-scoring one there is.

        None if the trial saved none, or none was kept.
        """
        saved = self._existing()
        if not saved:
            return None
        exact = [one for one in saved if one.checkpoint.resource == self.resource]
        if len(exact) > 1:
            exact = [one for one in exact if one.attempt == self._attempt] or exact
        if not exact and len(saved) > 1:
            scores = self._scores()
            saved.sort(key=lambda one: scores.get(one.checkpoint.resource, math.inf), reverse=True)
        return SavedCheckpoint(self._archive.reader.folder / (exact or saved)[-1].checkpoint.path)

    @property
    def checkpoints(self) -> list[SavedCheckpoint]:
        """All checkpoints that were kept, oldest first."""
        folder = self._archive.reader.folder
        return [SavedCheckpoint(folder / one.checkpoint.path) for one in self._existing()]

    @property
    def path(self) -> Path:
        """The absolute path of the trial's own folder, which is there once the trial has run."""
        return self._archive.reader.folder / "trials" / self.id

    @property
    def _attempt(self) -> int:
        """Which attempt made the report it is judged by."""
        return self._record.attempts if self._spot is None else self._archive.attempt(self._spot)

    def _existing(self) -> list[Saved]:
        if not self._record.checkpoint:
            return []
        folder = self._archive.reader.folder
        newest = {one.checkpoint.path: one for one in self._archive.checkpoints(self.id)}
        return [one for one in newest.values() if (folder / one.checkpoint.path).exists()]

    def _scores(self) -> dict[float, float]:
        """Return how good the trial was at each resource, the less the better."""
        scoring = Scoring([self._objective], self._archive.index.constraints)
        return {
            report.resource: scoring.result(report.resource, report.metrics).values[0]
            for report in self._archive.reports(self.id)
        }

    def __getattr__(self, name: str) -> Any:
        raise migration.absent(self, name, migration.TRIAL)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TrialResult) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[Path, str]:
        return self._archive.reader.folder, self.id

    def __repr__(self) -> str:
        score = "" if self.value is None else f", {self._objective.metric}={amount(self.value)}"
        return f"<trial {self.id}: {self.status}{score}; {parameters(self.config)}>"


class Trials(Sequence[TrialResult]):
    """All trials in the order in which they were suggested, made when they are looked at.

    Indexed by position, slice or id.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._ids: list[str] = []

    def __len__(self) -> int:
        return len(self._archive.index.records)

    def __iter__(self) -> Iterator[TrialResult]:
        return self._shown(list(self._archive.index.records))

    @overload
    def __getitem__(self, key: int | str) -> TrialResult: ...
    @overload
    def __getitem__(self, key: slice) -> list[TrialResult]: ...
    def __getitem__(self, key: int | str | slice) -> TrialResult | list[TrialResult]:
        records = self._archive.index.records
        if isinstance(key, str):
            if key not in records:
                raise UsageError(f"no trial {key!r}; {_range(list(records))}")
            return show(self._archive, records[key])
        if len(self._ids) != len(records):
            self._ids = list(records)
        if isinstance(key, slice):
            return list(self._shown(self._ids[key]))
        return show(self._archive, records[self._ids[key]])

    def _shown(self, ids: Iterable[str]) -> Iterator[TrialResult]:
        records = self._archive.index.records
        return (show(self._archive, records[trial]) for trial in ids)

    def __repr__(self) -> str:
        return f"<{len(self)} trials>"


def _range(ids: Sequence[str]) -> str:
    return f"ids go from {ids[0]!r} to {ids[-1]!r}" if ids else "the run has no trials"


def show(archive: Archive, record: Record) -> TrialResult:
    """Return a trial, judged as the experiment's objectives have it."""
    objectives = archive.index.objectives
    best = record.best if len(objectives) == 1 else None
    return TrialResult(archive, record, best or record.tail, objectives[0])
