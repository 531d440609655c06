"""What the searcher is told, and when: one policy for every searcher."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from tunesmith._engine.settings import Settings
from tunesmith._engine.trials import Trial, TrialState
from tunesmith.protocols import ObservationStatus, Result
from tunesmith.protocols.commands import Tell
from tunesmith.protocols.events import Recalled


class Teller:
    """Turns what happens to trials into `Tell` commands.

    A searcher that reads partial results itself (`partial="all"`) is told of each decision or
    each report, the alignment of trials (`"aligned"`) of each decision; any other searcher hears
    of a trial once, at its end, with one value or none.
    """

    def __init__(self, settings: Settings) -> None:
        self._partial = settings.partial
        self._every = settings.partial == "all" and settings.observes == "every"
        self._pauses = settings.partial in ("all", "aligned")
        self._decisions = settings.partial == "aligned" or (
            settings.partial == "all" and settings.observes == "decisions"
        )

    def reported(self, trial: Trial, result: Result) -> Sequence[Tell]:
        """Return what a report is worth telling."""
        return (_tell(trial.id, trial, "running", result),) if self._every else ()

    def deciding(self, trial: Trial, result: Result) -> Sequence[Tell]:
        """Return what a decision point is worth telling."""
        return (_tell(trial.id, trial, "running", result),) if self._decisions else ()

    def paused(self, trial: Trial) -> Sequence[Tell]:
        """Return what a pause is worth telling."""
        return (_tell(trial.id, trial, "paused", trial.last),) if self._pauses else ()

    def recalled(self, event: Recalled) -> Iterator[Tell]:
        """Yield what a trial of an earlier run is worth telling, all at once."""
        curve = [result if _is_finite(result) else None for result in event.curve]
        if self._every or self._decisions:
            yield from (_tell(event.source, event, "running", result) for result in curve[:-1])
        last = curve[-1] if curve else None
        if event.status not in ("completed", "failed"):
            if self._partial == "ignore":
                return
            if self._partial == "best":
                known = [result for result in curve if result is not None]
                last = min(known, key=lambda result: result.values[0], default=None)
        yield _tell(event.source, event, event.status, last)

    def ended(self, trial: Trial) -> Tell:
        """Return the last word on a trial."""
        if trial.state is TrialState.FAILED or trial.last is None:
            return _tell(trial.id, trial, "failed", None)
        if trial.state is TrialState.COMPLETED:
            return _tell(trial.id, trial, "completed", self._chosen(trial))
        result = None if self._partial == "ignore" else self._chosen(trial)
        return _tell(trial.id, trial, "stopped", result)

    def _chosen(self, trial: Trial) -> Result | None:
        return trial.best if self._partial == "best" else trial.last


def _is_finite(result: Result) -> bool:
    return all(map(math.isfinite, result.values))


def _tell(
    name: str, trial: Trial | Recalled, status: ObservationStatus, result: Result | None
) -> Tell:
    if result is not None and not _is_finite(result):
        result = None
    return Tell(trial=name, config=trial.config, status=status, result=result, cost_s=trial.cost_s)
