"""What is known of each trial, and the training length at which trials are compared; pure."""

import heapq
import math
from collections.abc import Iterable

import msgspec

from tunesmith.protocols import Config, Observation


class Record(msgspec.Struct):
    """One trial: its configuration, its row, and its losses by resource.

    `beyond` is its loss at every resource further than that: unknown (None) until it is over.
    """

    config: Config
    row: list[float]
    curve: dict[float, float] = {}
    beyond: float | None = None

    def learn(self, observation: Observation, end: float) -> None:
        """Add an observation; a failed trial is the worst, and so is one that has diverged."""
        status, resource = observation.status, observation.resource
        known = bool(observation.values) and math.isfinite(observation.values[0])
        if status == "running" and resource < max(self.curve, default=0.0):
            return  # late news of what is known already
        if known:
            loss = observation.values[0]
            is_over = status == "completed" or (status == "stopped" and resource >= end)
            self.curve[resource], self.beyond = loss, loss if is_over else None
        elif status in ("running", "completed", "failed"):
            self.beyond = math.inf

    @property
    def reach(self) -> float:
        """Return the resource up to which the loss is known."""
        return max(self.curve, default=-math.inf) if self.beyond is None else math.inf

    def at(self, level: float) -> float | None:
        """Return the loss at `level`: that of the last report until then, None if unknown."""
        if self.reach < level:
            return None
        if self.beyond is not None and level > max(self.curve, default=-math.inf):
            return self.beyond
        return self.curve[max((r for r in self.curve if r <= level), default=min(self.curve))]


def furthest(records: Iterable[Record], enough: int) -> float | None:
    """Return the furthest resource at which `enough` trials are known, None if too few are."""
    reached = heapq.nlargest(enough, (record.reach for record in records))
    return reached[-1] if len(reached) == enough and reached[-1] > -math.inf else None
