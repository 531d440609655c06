"""A run's records, and what they point to: looked up in the journal only when asked for."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from tunesmith._journal import digest
from tunesmith._journal.codec import UnknownEvent, decode_decisions, decode_event
from tunesmith._journal.index import Index, Spot, Standing
from tunesmith._journal.lineage import Ancestry, Saved, Stage
from tunesmith._journal.reader import Reader
from tunesmith.errors import UsageError
from tunesmith.protocols.events import Reported, Suggested, TrialEnded, TrialLost
from tunesmith.protocols.objective import Objective
from tunesmith.protocols.result import Metrics, Report
from tunesmith.protocols.trial import Config

_EVENT = "SELECT at, kind, trial, body FROM events WHERE seq = ?"
_DECISIONS = "SELECT decisions FROM events WHERE seq = ?"
_OF_KIND = "SELECT at, kind, trial, body FROM events WHERE trial = ? AND kind = ? ORDER BY seq"
_SOME_REPORTS = "SELECT body FROM events WHERE kind = 'Reported' ORDER BY seq LIMIT 100"


class Archive:
    """Reads one run: its index in memory, all else from the file."""

    def __init__(self, path: str | Path) -> None:
        self.reader = Reader(path)
        self.index = self._indexed(self.reader.header.objectives, digest.find(self.reader))
        self._ancestry = Ancestry(self.reader, self._suggested)

    def refresh(self) -> None:
        """Take in what was written since."""
        self._feed(self.index)

    def __reduce__(self) -> tuple[Any, ...]:
        # A pickle holds where the run is, once for all that it holds of it.
        return Archive, (str(self.reader.folder),)

    def scored(self, objective: Objective) -> Index:
        """Return an index by another objective; it takes a pass over the journal."""
        return self._indexed((objective,))

    def _indexed(
        self, objectives: tuple[Objective, ...], standing: Standing | None = None
    ) -> Index:
        limits = self.reader.header.outcome_constraints
        index = Index(objectives, standing, constraints=limits)
        self._feed(index)
        return index

    def _feed(self, index: Index) -> None:
        try:
            index.feed(self.reader.raw(index.seq))
        except (msgspec.DecodeError, KeyError) as error:
            raise self.reader.damaged(error) from error

    # Lookups ------------------------------------------------------------------------------------

    def config(self, trial: str, number: int) -> Config:
        """Return the configuration that `Record.config` or `Spot.config` points to."""
        if number > 0:
            event = self._event(number)
            if isinstance(event, Suggested):
                return event.config
        for decided in decode_decisions(self.reader.select(_DECISIONS, (-number,))[0][0]):
            if decided.trial == trial and decided.config is not None:
                return decided.config
        raise UsageError(f"trial {trial!r} has no configuration in the journal")

    def metrics(self, spot: Spot) -> Metrics:
        """Return a report's metrics."""
        event = self._event(spot.seq)
        return event.reports[spot.place].metrics if isinstance(event, Reported) else {}

    def error(self, number: int) -> str:
        """Return a failure's text: the user's traceback first, where there is one."""
        event = self._event(number)
        if isinstance(event, TrialEnded) and event.error is not None:
            return event.error.traceback or f"{event.error.type}: {event.error.message}"
        if isinstance(event, TrialLost):
            return f"{event.failure}: {event.reason}" if event.reason else event.failure
        return f"timeout: {event.reason}" if isinstance(event, TrialEnded) else ""

    def reports(self, trial: str) -> Iterator[Report]:
        """Yield a trial's reports in order."""
        for row in self.reader.select(_OF_KIND, (trial, "Reported")):
            event = decode_event(*row)
            if isinstance(event, Reported):
                yield from event.reports

    def checkpoints(self, trial: str) -> list[Saved]:
        """Return the checkpoints that a trial saved, oldest first; they may be gone by now."""
        return self._ancestry.saved(trial)

    def attempt(self, spot: Spot) -> int:
        """Return which attempt at its trial made a report."""
        event = self._event(spot.seq)
        return event.attempt if isinstance(event, Reported) else 1

    def lineage(self, trial: str, attempt: int) -> tuple[Stage, ...]:
        """Return the stages that led to an attempt, through the trials it was cloned from."""
        return self._ancestry.stages(trial, attempt)

    def metric_names(self) -> list[str]:
        """Return the names of metrics that the first reports carried."""
        names: dict[str, None] = {}
        for (body,) in self.reader.select(_SOME_REPORTS):
            event = decode_event(0.0, "Reported", "", body)
            if isinstance(event, Reported):
                for report in event.reports:
                    names |= dict.fromkeys(report.metrics)
        return list(names)

    def _suggested(self, trial: str) -> Config:
        for row in self.reader.select(_OF_KIND, (trial, "Suggested")):
            event = decode_event(*row)
            if isinstance(event, Suggested):
                return event.config
        raise UsageError(f"trial {trial!r} has no configuration in the journal")

    def _event(self, number: int) -> Any:
        rows = self.reader.select(_EVENT, (number,))
        return decode_event(*rows[0]) if rows else UnknownEvent(0.0, "", "", {})
