"""A metric that `stop=` looks at and training code does not report, most likely misspelt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from tunesmith._builtin.stoppers import make_stopper
from tunesmith.errors import did_you_mean
from tunesmith.protocols import Metrics


class Expectation(msgspec.Struct, frozen=True):
    """Warns of each of `metrics` that a run's first report does not have.

    It may still come, in a later report, so that this is no error.
    """

    metrics: tuple[str, ...]
    warn: Callable[[str], None]

    def check(self, trial: str, reported: Metrics) -> None:
        """Compare with what a trial reported."""
        for metric in self.metrics:
            if metric not in reported:
                self.warn(
                    f"stop= looks at {metric!r}, which trial {trial} did not report at first"
                    f"{did_you_mean(metric, reported) or ';'} it reported"
                    f" {', '.join(map(repr, reported))}. It stops no trial until a report has it"
                )


def expectation_of(stop: Any, warn: Callable[[str], None]) -> Expectation | None:
    """Return what is expected of the first report; None where `stop=` names no metric."""
    metrics = getattr(make_stopper(stop), "metrics", None)
    return Expectation(metrics, warn) if metrics and isinstance(metrics, tuple) else None
