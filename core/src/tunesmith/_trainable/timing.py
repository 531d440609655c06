"""Training time that is read from the reports instead of measured."""

from __future__ import annotations

import math
from collections.abc import Callable
from difflib import get_close_matches

import msgspec

from tunesmith.errors import TrialError
from tunesmith.protocols.result import Metrics


class TimeMetric(msgspec.Struct, frozen=True):
    """The metric `name`: seconds of training since the trial's start, over all its attempts.

    `at` maps such seconds to the clock's time.
    """

    name: str
    at: Callable[[float], float]

    def read(self, metrics: Metrics, last: float) -> float:
        """Return the seconds trained so far; `last` were known before.

        Raises:
            TrialError: The metric is missing, is no finite number, or went back.
        """
        value = metrics.get(self.name)
        if type(value) is not float and type(value) is not int:
            raise self._absent(metrics)
        if not 0 <= value < math.inf:
            raise TrialError(
                f"time metric {self.name!r} is {value!r}: expected the finite number of seconds, "
                "0 or more, that the trial has trained so far"
            )
        if value < last:
            raise TrialError(
                f"time metric {self.name!r} must never decrease: got {value!r} after {last:g}. It "
                "counts the seconds since the trial's start, not those of one step; a trial that "
                "was continued from a checkpoint counts on from there"
            )
        return float(value)

    def _absent(self, metrics: Metrics) -> TrialError:
        if self.name in metrics:
            return TrialError(
                f"time metric {self.name!r} is {metrics[self.name]!r}: expected a number of seconds"
            )
        near = get_close_matches(self.name, metrics, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        return TrialError(
            f"the report has no {self.name!r}, the time metric of this simulation: {hint}"
            f"reported were {', '.join(map(repr, metrics))}. Report the simulated seconds since "
            'the trial\'s start every time, or name the metric that tells them: executor={"name": '
            '"simulated", "time_metric": ...}'
        )
