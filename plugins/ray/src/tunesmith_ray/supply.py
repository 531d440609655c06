"""How well workers are supplied with trials."""

import math

_RECENT_S = 0.005
"""The time over which trials at hand are averaged."""

_MEMORY_S = 1.0
"""How far back the share of time counts in which there was something to do, about."""

_ENOUGH = 0.5
"""The share from which on the supply counts as steady."""

_GROWTH = 4.0
"""How much longer than the average queue the next may be: a full one is half empty in between."""


class Supply:
    """Says how long a queue at each worker is of use.

    Where configurations come more slowly than trials end, one by one or many at once after a pause,
    a long queue only has the searcher make them before it knows the results of the last ones.
    """

    def __init__(self) -> None:
        self._trials = 0.0
        self._average = 0.0
        self._share = 1.0
        self._began: float | None = None
        self._at = 0.0

    @property
    def worth(self) -> float:
        """The trials for each worker that would be there, were they asked for."""
        return _GROWTH * self._average * min(1.0, self._share / _ENOUGH)

    def note(self, trials: float, now: float) -> None:
        """Learn how many trials there are for each worker from `now` on, in seconds."""
        if self._began is None:
            if trials == 0:
                return
            self._began, self._average = now, trials
        elif (passed := now - self._at) > 0:
            weight = passed / max(passed, min(now - self._began, _MEMORY_S))
            self._share += weight * ((self._trials > 0) - self._share)
            kept = math.exp(-passed / _RECENT_S)
            self._average = kept * self._average + (1 - kept) * self._trials
        self._trials, self._at = trials, now
