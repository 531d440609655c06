"""How many trials one worker is handed at a time."""

from tunesmith_ray.supply import Supply

MAX_S = 0.02
"""Work, in seconds, that may queue at a worker."""

_WEIGHT = 0.2
_WARM_UP = 4


class Depth:
    """Grows while trials end within milliseconds, so that a round trip is shared by many of them.

    The value is the number of average trials that fit into `MAX_S`, a power of two, at most `limit`
    and at most what the supply of trials is worth. It changes only where these have moved by more
    than a factor of two.
    """

    def __init__(self, limit: int, supply: Supply | None = None) -> None:
        self.value = 1
        self.supply = supply or Supply()
        self._limit = limit
        self._mean = 0.0
        self._seen = 0

    def observe(self, seconds: float) -> None:
        """Learn how long a trial took."""
        seconds = min(max(seconds, 1e-5), 4 * MAX_S)
        self._seen += 1
        weight = max(_WEIGHT, 1 / self._seen)
        self._mean += weight * (seconds - self._mean)
        if self._seen < _WARM_UP:
            return
        fitting = min(MAX_S / self._mean, self.supply.worth)
        if fitting >= 2 * self.value:
            self.value = min(self._limit, 2 * self.value)
        elif fitting < self.value / 2:
            self.value = max(1, self.value // 2)

    def collapse(self) -> None:
        """Go back to one at a time: a trial has proved to be long."""
        self.value = 1
        self._mean = 4 * MAX_S
        self._seen = _WARM_UP
