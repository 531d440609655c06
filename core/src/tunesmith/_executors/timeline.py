"""What will happen, in order, on a clock that jumps from one happening to the next."""

from __future__ import annotations

from heapq import heappop, heappush
from math import inf

from tunesmith._executors.seat import Seat
from tunesmith.protocols.events import AnyEvent

_Entry = tuple[float, int, str, int, Seat, int, list[AnyEvent]]


class Timeline:
    """A heap of what the seats will do; at the same time, the older trial goes first.

    So the order does not depend on when things were planned, and an experiment that was cut off
    goes on in the order it would have had. An entry is void once its seat's `version` has moved on.
    """

    def __init__(self, now: float) -> None:
        self.now = now
        self._heap: list[_Entry] = []
        self._added = 0

    def add(self, at: float, seat: Seat, events: list[AnyEvent]) -> None:
        """Have `events` of a seat happen at `at`, or now if that is past."""
        self._added += 1
        trial, place = seat.trial, max(at, self.now)
        entry = (place, len(trial), trial, self._added, seat, seat.version, events)
        heappush(self._heap, entry)

    @property
    def next_at(self) -> float:
        """When something happens next; infinity if nothing will."""
        heap = self._heap
        while heap and heap[0][4].version != heap[0][5]:
            heappop(heap)
        return heap[0][0] if heap else inf

    def pop(self, limit: float) -> tuple[Seat, list[AnyEvent]] | None:
        """Go to what happens next, and return it; None if that is beyond `limit`."""
        if self.next_at > limit or not self._heap:
            return None
        self.now, _, _, _, seat, _, events = heappop(self._heap)
        return seat, events
