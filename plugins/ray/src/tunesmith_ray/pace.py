"""How long the steps of this run's trials are, as far as one worker has seen."""

from collections.abc import Callable, Iterable, Iterator
from time import perf_counter

from tunesmith.protocols.events import AnyEvent, Reported, TrialEnded

MOST = 100
"""Reports that a trial is trained ahead, at most."""

KNOWN = 8
"""Steps to have seen before their length counts as known."""

RARE = 10
"""How many times the limit a rare step may take: a busy machine holds up a short one as long."""

_FORGETTING = 0.95
"""What each step leaves of the length of a longer one before it: a second is remembered for some
sixty short steps, an hour for 220."""

_WEIGHT = 0.1
"""The share of a step in what counts as an ordinary length."""


class Pace:
    """Tells whether a trial that waits may be trained on in advance.

    It may where an ordinary step still fits into `limit_s` seconds, counted from where the trial
    waits, and the longest of late was no more than `RARE` times that limit. What comes before a
    trial's first report does not count as a step: training code may load its data there. What comes
    after the last one does.

    `spent_s` is how long the trial has been trained since it waits.
    """

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self.limit_s = 0.0
        self._clock = clock
        self._ordinary = self._longest = 0.0
        self._seen = 0
        self.spent_s = 0.0
        self._reports = 0

    @property
    def allows(self) -> bool:
        """Whether the next step may be trained before it is asked for."""
        if self._seen < KNOWN or self._reports >= MOST or self._longest > RARE * self.limit_s:
            return False
        return self.spent_s + self._ordinary < self.limit_s

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
        self._ordinary += max(_WEIGHT, 1 / self._seen) * (seconds - self._ordinary)
        self._longest = max(seconds, self._longest * _FORGETTING)
