"""How long the steps of this run's trials are, as far as one worker has seen."""

from collections.abc import Callable, Iterable, Iterator
from time import perf_counter

from tunesmith.protocols.events import AnyEvent, Reported, TrialEnded

MOST = 100
"""Reports that a trial is trained ahead, at most."""

KNOWN = 8
"""Steps to have seen before their length counts as known."""

_FORGETTING = 0.95
"""What each step leaves of the length of a longer one before it: a second is remembered for some
hundred short steps, an hour for 260."""


class Pace:
    """Tells whether a trial that waits may be trained on in advance.

    It may where a step as long as the longest of late still fits into `limit_s` seconds, counted
    from where the trial waits. What comes before a trial's first report does not count as a step:
    training code may load its data there. What comes after the last one does.

    `spent_s` is how long the trial has been trained since it waits.
    """

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self.limit_s = 0.0
        self._clock = clock
        self._longest = 0.0
        self._seen = 0
        self.spent_s = 0.0
        self._reports = 0

    @property
    def allows(self) -> bool:
        """Whether the next step may be trained before it is asked for."""
        known = self._seen >= KNOWN and self._reports < MOST
        return known and self.spent_s + self._longest < self.limit_s

    def start(self) -> None:
        """Begin to count what is trained in advance."""
        self.spent_s, self._reports = 0.0, 0

    def timed(self, events: Iterable[AnyEvent], *, anew: bool) -> Iterator[AnyEvent]:
        """Yield the events and learn how long each took; `anew` says that the trial just begins."""
        began = self._clock()
        for event in events:
            seconds = self._clock() - began
            if isinstance(event, Reported | TrialEnded):
                if not anew:
                    self._learn(seconds)
                anew = False
            yield event
            began = self._clock()

    def _learn(self, seconds: float) -> None:
        self._seen += 1
        self._reports += 1
        self.spent_s += seconds
        self._longest = max(seconds, self._longest * _FORGETTING)
