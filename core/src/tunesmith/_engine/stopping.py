"""The user's stop criteria, behind a fence like the scheduler's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tunesmith.errors import UsageError
from tunesmith.protocols import Metrics, Stopper


class StopperFailure(UsageError):
    """A stop criterion raised; the message quotes its error."""


class StopRule:
    """Asks the stopper, if there is one, after every result.

    `met` are the trials that ended as they had trained as far as it lets them.
    """

    reason = "met its stop criterion"

    def __init__(self, stopper: Stopper | None, resource: str) -> None:
        self._stopper: Any = stopper
        self._resource = resource
        self._stop_all: Callable[[], bool] | None = getattr(stopper, "stop_all", None)
        # Before this resource no trial is stopped, so trials need not wait to be asked about.
        self.until: float | None = self._until()
        # How far trials train at most, if the criterion says so.
        self.bound: float | None = self._bound()
        self.met: list[str] = []

    def note(self, trial_id: str, resource: float) -> None:
        """Note where a trial was when it had met its stop criterion."""
        if self.bound is not None and resource >= self.bound:
            self.met.append(trial_id)

    def extend(self, to: float) -> None:
        """Let trials train further than the bound."""
        if self.bound is not None:
            self._stopper.extend(self._resource, to)
            self.until, self.bound = self._until(), self._bound()

    def _until(self) -> float | None:
        if self._stopper is None:
            return None
        until = getattr(self._stopper, "until", None)
        return (until(self._resource) if until is not None else None) or 0.0

    def _bound(self) -> float | None:
        is_growing = hasattr(self._stopper, "bound") and hasattr(self._stopper, "extend")
        return self._stopper.bound(self._resource) if is_growing else None

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
