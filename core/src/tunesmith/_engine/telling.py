"""What the searcher is told, and when: one policy for every searcher."""

from __future__ import annotations

import math
from collections.abc import Iterator

from tunesmith._engine.settings import Settings
from tunesmith._engine.trials import Trial, TrialState
from tunesmith.protocols import ObservationStatus, Result
from tunesmith.protocols.commands import Tell


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

    def reported(self, trial: Trial, result: Result) -> Iterator[Tell]:
        """Yield what a report is worth telling."""
        if self._every:
            yield self._tell(trial, "running", result)

    def deciding(self, trial: Trial, result: Result) -> Iterator[Tell]:
        """Yield what a decision point is worth telling."""
        if self._decisions:
            yield self._tell(trial, "running", result)

    def paused(self, trial: Trial) -> Iterator[Tell]:
        """Yield what a pause is worth telling."""
        if self._pauses:
            yield self._tell(trial, "paused", trial.last)

    def ended(self, trial: Trial) -> Tell:
        """Return the last word on a trial."""
        if trial.state is TrialState.FAILED or trial.last is None:
            return self._tell(trial, "failed", None)
        if trial.state is TrialState.COMPLETED:
            return self._tell(trial, "completed", self._chosen(trial))
        result = None if self._partial == "ignore" else self._chosen(trial)
        return self._tell(trial, "stopped", result)

    def _chosen(self, trial: Trial) -> Result | None:
        return trial.best if self._partial == "best" else trial.last

    @staticmethod
    def _tell(trial: Trial, status: ObservationStatus, result: Result | None) -> Tell:
        if result is not None and not all(map(math.isfinite, result.values)):
            result = None
        return Tell(
            trial=trial.id, config=trial.config, status=status, result=result, cost_s=trial.cost_s
        )
