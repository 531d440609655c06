"""Events on their way out of a worker, merged while they wait."""

from tunesmith.protocols.events import AnyEvent, Reported
from tunesmith.protocols.result import Report


class Outbox:
    """Collects events in order; reports of one attempt in a row become one `Reported`.

    Not thread-safe: its owner holds a lock.
    """

    def __init__(self) -> None:
        self._events: list[AnyEvent] = []
        self._tail: Reported | None = None
        self._reports: list[Report] = []
        self.size = 0

    def add(self, event: AnyEvent) -> None:
        """Append the event, or merge it into the last one."""
        if isinstance(event, Reported):
            tail = self._tail
            self.size += len(event.reports)
            if tail is not None and (tail.waiting or not _same_attempt(tail, event)):
                self._seal()
            self._reports += event.reports
            self._tail = event
        else:
            if self._tail is not None:
                self._seal()
            self.size += 1
            self._events.append(event)

    def drain(self) -> tuple[AnyEvent, ...]:
        """Return all events and forget them."""
        if self._tail is not None:
            self._seal()
        events, self._events, self.size = tuple(self._events), [], 0
        return events

    def _seal(self) -> None:
        tail = self._tail
        if tail is None:
            return
        if len(self._reports) != len(tail.reports):
            tail = Reported(
                at=tail.at,
                trial=tail.trial,
                attempt=tail.attempt,
                reports=tuple(self._reports),
                waiting=tail.waiting,
            )
        self._events.append(tail)
        self._tail, self._reports = None, []


def _same_attempt(left: Reported, right: Reported) -> bool:
    return left.trial == right.trial and left.attempt == right.attempt
