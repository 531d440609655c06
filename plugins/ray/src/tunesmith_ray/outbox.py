"""Events on their way out of a worker, merged while they wait."""

from collections.abc import Iterable

import msgspec

from tunesmith.protocols.events import AnyEvent, CheckpointSaved, Reported, TrialEnded
from tunesmith.protocols.result import Report
from tunesmith_ray.ahead import Ahead
from tunesmith_ray.codec import encode


class Outbox:
    """Collects events in order; reports of one attempt in a row become one `Reported`.

    Not thread-safe: its owner holds a lock.
    """

    def __init__(self) -> None:
        self._events: list[AnyEvent | Ahead] = []
        self._tail: Reported | None = None
        self._reports: list[Report] = []
        self.size = 0

    def add(self, event: AnyEvent) -> None:
        """Append the event, or merge it into the last one."""
        if isinstance(event, Reported):
            self.size += len(event.reports)
            if self._tail is not None and not _may_follow(self._tail, event):
                self._seal()
            self._reports += event.reports
            self._tail = event
        else:
            self._seal()
            self.size += 1
            self._events.append(event)

    def add_ahead(self, events: Iterable[AnyEvent]) -> None:
        """Append what one attempt did that nobody has asked for, as few `Ahead`."""
        self._seal()
        reported: list[Reported] = []
        for event in events:
            self.size += 1
            if isinstance(event, Reported):
                reported.append(event)
            elif isinstance(event, TrialEnded | CheckpointSaved):
                self._events.append(_ahead(reported, event))
                reported = []
            else:
                self._events.append(event)
        if reported:
            self._events.append(_ahead(reported))

    def drain(self) -> tuple[AnyEvent | Ahead, ...]:
        """Return all events and forget them."""
        self._seal()
        events, self._events, self.size = tuple(self._events), [], 0
        return events

    def _seal(self) -> None:
        tail = self._tail
        if tail is None:
            return
        if len(self._reports) > len(tail.reports):
            tail = msgspec.structs.replace(tail, reports=tuple(self._reports))
        self._events.append(tail)
        self._tail, self._reports = None, []


def _may_follow(tail: Reported, event: Reported) -> bool:
    same = tail.trial == event.trial and tail.attempt == event.attempt
    return same and not tail.waiting


def _ahead(reported: list[Reported], then: TrialEnded | CheckpointSaved | None = None) -> Ahead:
    some = then or reported[0]
    return Ahead(
        trial=some.trial,
        attempt=some.attempt,
        times=tuple([event.at for event in reported for _ in event.reports]),
        reports=tuple([encode(report) for event in reported for report in event.reports]),
        then=then,
    )
