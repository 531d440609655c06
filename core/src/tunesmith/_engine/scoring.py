"""What a report is worth: its objectives, and whether it keeps to the limits on outcomes.

One number has to order any two reports, for every scheduler compares nothing else. So those that
break a limit come after all that keep to them, the nearest to the limits first: the rules of Deb
("An efficient constraint handling method for genetic algorithms", 2000, section 3).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from tunesmith.protocols import Metrics, Objective, OutcomeConstraint, Result

BROKEN = 1e100
"""The value of a report that is next to its limits; finite losses are smaller than that."""


class Scoring:
    """Turns metrics into results, by the objectives and outcome constraints of an experiment.

    `metrics` are the names that a report has to carry.
    """

    def __init__(
        self, objectives: Sequence[Objective], constraints: Sequence[OutcomeConstraint] = ()
    ) -> None:
        self.objectives, self.constraints = tuple(objectives), tuple(constraints)
        named = [one.metric for one in self.objectives] + [one.metric for one in self.constraints]
        self.metrics = tuple(dict.fromkeys(named))

    def result(self, resource: float, metrics: Metrics) -> Result:
        """Return a report with its values, infinite where a metric is missing or not finite."""
        values, violation = self.values(metrics), 0.0
        if self.constraints:
            violation = sum([one.violation(metrics) for one in self.constraints])
            if violation and all(map(math.isfinite, values)):
                values = (BROKEN * (1 + violation),) * len(values)
        return Result(resource=resource, values=values, metrics=metrics, violation=violation)

    def values(self, metrics: Metrics) -> tuple[float, ...]:
        """Return the objectives as numbers to be minimised, whatever the constraints."""
        return tuple([one.minimised(metrics.get(one.metric)) for one in self.objectives])

    def constraint_values(self, metrics: Metrics) -> tuple[float, ...]:
        """Return by how much each constraint is exceeded, at most 0 where it holds."""
        return tuple([one.value(metrics) for one in self.constraints])
