"""Has trials that were over go on: what they were is looked up in the journal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tunesmith._engine.scoring import Scoring
from tunesmith._journal.archive import Archive
from tunesmith._journal.index import Spot
from tunesmith._run.checks.values import is_list, short
from tunesmith.errors import UsageError
from tunesmith.protocols import Result
from tunesmith.protocols.events import Revived
from tunesmith.protocols.trial import OVER

KINDS = (*OVER, "all")


class Revival:
    """Tells what a trial was, as the event with which it goes on."""

    def __init__(self, folder: Path, now: Callable[[], float]) -> None:
        self._folder = folder
        self._now = now
        self._archive: Archive | None = None

    def event(self, trial: str, *, paused: bool = False) -> Revived:
        """Return the event that has a trial go on; its run must be written down."""
        archive = self._fresh()
        record = archive.index.records[trial]
        metrics = archive.metrics(record.tail) if record.tail else {}
        return Revived(
            at=self._now(),
            trial=trial,
            config=archive.config(trial, record.config),
            resource=record.resource or 0.0,
            cost_s=float(metrics.get("time_total_s", 0.0)),
            last=self._result(archive, record.last),
            best=self._result(archive, record.best),
            paused=paused,
        )

    def chosen(self, wanted: str | list[str] | tuple[str, ...]) -> list[str]:
        """Return the trials that are over and meant: by a status, "all", or by their numbers.

        Raises:
            UsageError: there is no such status, no such trial, or it is not over.
        """
        records = self._fresh().index.records
        if isinstance(wanted, str):
            if wanted not in KINDS:
                raise UsageError(
                    f"revive={wanted!r}: expected {', '.join(map(repr, KINDS))},"
                    " or a list of trials"
                )
            statuses = OVER if wanted == "all" else (wanted,)
            return [one.id for one in records.values() if one.status in statuses]
        if not is_list(wanted):
            raise UsageError(
                f"revive={short(wanted)}: expected a list; write revive=[{short(wanted)}]"
            )
        named = [str(name).zfill(4) for name in wanted]
        for name in named:
            status = records[name].status if name in records else "not there"
            if status not in OVER:
                raise UsageError(f"revive={list(wanted)!r}: trial {name} is {status}, not over")
        return named

    def _fresh(self) -> Archive:
        if self._archive is None:
            self._archive = Archive(self._folder)
        self._archive.refresh()
        return self._archive

    def _result(self, archive: Archive, spot: Spot | None) -> Result | None:
        if spot is None:
            return None
        scoring = Scoring(archive.index.objectives, archive.index.constraints)
        return scoring.result(spot.resource, archive.metrics(spot))
