"""Whether an attempt that failed is repeated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from tunesmith._engine.ending import Ending
from tunesmith._engine.trials import Trial
from tunesmith.protocols import FailureKind


class Retries:
    """Counts the failures of each trial by kind; `limits` say how many are forgiven, None all."""

    def __init__(self, limits: Mapping[FailureKind, int | None], ending: Ending) -> None:
        self.limits = limits
        self._ending = ending

    def allow(self, trial: Trial, kind: FailureKind) -> bool:
        """Count a failure; return whether the trial is to run again."""
        if self._ending.has_begun or trial.is_leaving:
            return False
        trial.retries = trial.retries or Counter()
        trial.retries[kind] += 1
        limit = self.limits.get(kind, 0)
        return limit is None or trial.retries[kind] <= limit
