"""What is known of each trial, and at which resource trials are compared; pure.

The *level* is the furthest resource that enough trials have reached. At a level a trial is worth
what it scored there, however far it trained on; where it was cut short before, nothing is known.
"""

import heapq
import math
from collections.abc import Iterable

import msgspec

from tunesmith.protocols import Config, Observation, ObservationStatus


class Record(msgspec.Struct):
    """One trial: its number in the study, and its values by resource."""

    number: int
    config: Config
    status: ObservationStatus = "running"
    curve: dict[float, tuple[float, ...]] = {}

    def learn(self, observation: Observation, end: float) -> None:
        """Add an observation; a trial stopped at `end` or later is as good as completed."""
        known = bool(observation.values) and all(map(math.isfinite, observation.values))
        if known:
            self.curve[observation.resource] = observation.values
        if observation.status != "running" or observation.resource >= max(self.curve, default=0.0):
            full = observation.status == "stopped" and known and observation.resource >= end
            self.status = "completed" if full else observation.status

    @property
    def reach(self) -> float:
        """Return the resource up to which the trial is known; a completed one is known for all."""
        return math.inf if self.status == "completed" else max(self.curve, default=-math.inf)

    def standing(self, level: float) -> tuple[str, tuple[float, ...] | None]:
        """Return the name of Optuna's state for the trial at `level`, and its values there.

        Optuna takes a pruned trial without values for worse than any other, which is what a
        trial that trained to its end without a finite value is; it takes no notice of a failed one.
        """
        if self.status == "infeasible":
            return "PRUNED", None
        if self.curve and self.reach >= level:
            at = max((r for r in self.curve if r <= level), default=min(self.curve))
            return "COMPLETE", self.curve[at]
        if self.status == "completed":
            return "PRUNED", None
        return ("RUNNING" if self.status == "running" else "FAIL"), None


def survey(records: Iterable[Record], enough: int) -> tuple[float, bool]:
    """Return the level, and whether any trial was cut short before others."""
    known = [record for record in records if record.curve]
    reached = heapq.nlargest(enough, (record.reach for record in known)) or [math.inf]
    cut = any(r.status in ("stopped", "paused") and r.reach < reached[0] for r in known)
    return reached[-1], cut
