"""The user's stop criteria, behind a fence like the scheduler's."""

from __future__ import annotations

from collections.abc import Callable

from tunesmith.errors import UsageError
from tunesmith.protocols import Metrics, Stopper


class StopperFailure(UsageError):
    """A stop criterion raised; the message quotes its error."""


class StopRule:
    """Asks the stopper, if there is one, after every result."""

    def __init__(self, stopper: Stopper | None, resource: str) -> None:
        self._stopper = stopper
        self._stop_all: Callable[[], bool] | None = getattr(stopper, "stop_all", None)
        until = getattr(stopper, "until", None)
        # Before this resource no trial is stopped, so trials need not wait to be asked about.
        self.until: float | None = None if stopper is None else 0.0
        if until is not None:
            self.until = until(resource) or 0.0

    def __call__(self, trial_id: str, metrics: Metrics) -> bool:
        """Tell whether the trial has met its stop criterion."""
        if self._stopper is None:
            return False
        try:
            return bool(self._stopper(trial_id, metrics))
        except Exception as error:
            raise self._failure(
                f"failed on trial {trial_id}, which reported {', '.join(map(repr, metrics))}", error
            ) from error

    def all_stopped(self) -> bool:
        """Tell whether the whole experiment has met its stop criterion."""
        if self._stop_all is None:
            return False
        try:
            return bool(self._stop_all())
        except Exception as error:
            raise self._failure("failed in stop_all()", error) from error

    def _failure(self, what: str, error: Exception) -> StopperFailure:
        return StopperFailure(
            f"stop criterion {self._stopper!r} {what}: {type(error).__name__}: {error}"
        )
