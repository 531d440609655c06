"""Events on their way out of a worker, merged while they wait."""

import msgspec

from tunesmith.protocols.events import AnyEvent, CheckpointSaved, Reported, TrialEnded
from tunesmith.protocols.result import Report
from tunesmith_ray.ahead import Ahead, pack


class Outbox:
    """Collects events in order; reports of one attempt in a row become one `Reported`.

    Those that were trained in advance become one `Ahead`. Not thread-safe: its owner holds a lock.
    """

    def __init__(self) -> None:
        self._events: list[AnyEvent | Ahead] = []
        self._tail: Reported | None = None
        self._reports: list[Report] = []
        self._times: list[float] = []
        self._is_ahead = False
        self.size = 0

    def add(self, event: AnyEvent, *, ahead: bool = False) -> None:
        """Append the event, or merge it into the last one; `ahead`: nobody has asked for it."""
        if isinstance(event, Reported):
            tail = self._tail
            self.size += len(event.reports)
            if tail is not None and (self._is_ahead != ahead or not _may_follow(tail, event)):
                self._seal()
            self._reports += event.reports
            self._tail, self._is_ahead = event, ahead
            if ahead:
                self._times.append(event.at)
        else:
            if self._tail is not None:
                self._seal()
            self.size += 1
            if ahead and isinstance(event, TrialEnded | CheckpointSaved):
                self._events.append(Ahead(trial=event.trial, attempt=event.attempt, then=event))
            else:
                self._events.append(event)

    def drain(self) -> tuple[AnyEvent | Ahead, ...]:
        """Return all events and forget them."""
        if self._tail is not None:
            self._seal()
        events, self._events, self.size = tuple(self._events), [], 0
        return events

    def _seal(self) -> None:
        tail = self._tail
        if tail is None:
            return
        reports = tuple(self._reports)
        if self._is_ahead:
            times = tuple(self._times)
            packed = tuple(map(pack, reports))
            ahead = Ahead(trial=tail.trial, attempt=tail.attempt, times=times, reports=packed)
            self._events.append(ahead)
        elif len(reports) == len(tail.reports):
            self._events.append(tail)
        else:
            self._events.append(msgspec.structs.replace(tail, reports=reports))
        self._tail, self._reports, self._times = None, [], []


def _may_follow(tail: Reported, event: Reported) -> bool:
    same = tail.trial == event.trial and tail.attempt == event.attempt
    return same and not tail.waiting
