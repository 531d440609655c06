"""Ends of trials that the driver tells by itself, since no worker can or needs to."""

from tunesmith.protocols import ErrorInfo
from tunesmith.protocols.commands import Launch, Stop
from tunesmith.protocols.events import TrialEnded, TrialLost, TrialPaused
from tunesmith_ray import loss
from tunesmith_ray.clock import wall_clock


def refused(launch: Launch, error: ErrorInfo) -> TrialEnded:
    """Return the end of an attempt that cannot be launched."""
    return TrialEnded(
        at=wall_clock(),
        trial=launch.trial,
        attempt=launch.attempt,
        outcome="failed",
        error=error,
        failure="user_error",
    )


def stopped(launch: Launch, stop: Stop) -> TrialEnded:
    """Return the end that was ordered."""
    return TrialEnded(
        at=wall_clock(),
        trial=launch.trial,
        attempt=launch.attempt,
        outcome=stop.outcome,
        reason=stop.reason,
    )


def paused(launch: Launch) -> TrialPaused:
    """Return that the launched attempt has given its slot back."""
    return TrialPaused(at=wall_clock(), trial=launch.trial, attempt=launch.attempt)


def lost(launch: Launch, error: BaseException) -> TrialLost:
    """Return that the launched attempt is gone, because of `error`."""
    return TrialLost(
        at=wall_clock(),
        trial=launch.trial,
        attempt=launch.attempt,
        failure=loss.kind_of(error),
        reason=loss.reason_of(error),
    )
