"""Limits on what training reports."""

import math
from typing import Literal

import msgspec

from tunesmith.protocols.result import Metrics

Sense = Literal["<=", ">="]


class OutcomeConstraint(msgspec.Struct, frozen=True):
    """A limit on a metric, such as latency_ms <= 100; `bound` is finite, in the metric's unit."""

    metric: str
    sense: Sense
    bound: float

    def value(self, metrics: Metrics) -> float:
        """Return how far a report is beyond the bound, in the metric's unit; at most 0: it keeps.

        A metric that is missing or no finite number is infinitely far beyond.
        """
        try:
            number = float(metrics[self.metric])
        except (KeyError, TypeError, ValueError):
            return math.inf
        if not math.isfinite(number):
            return math.inf
        return number - self.bound if self.sense == "<=" else self.bound - number

    @property
    def unit(self) -> float:
        """What different limits are compared in: the bound's size, or 1 where that is 0."""
        return abs(self.bound) or 1.0

    def violation(self, metrics: Metrics) -> float:
        """Return how far a report is beyond the bound, in its `unit`; 0: it keeps."""
        return max(0.0, self.value(metrics)) / self.unit

    def __str__(self) -> str:
        return f"{self.metric} {self.sense} {self.bound:g}"
