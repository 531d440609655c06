"""Wall time that never goes back."""

import time

_latest = [0.0]


def wall_clock() -> float:
    """Return the seconds since the epoch, never less than an earlier call in this process."""
    now = time.time()
    if now < _latest[0]:
        return _latest[0]
    _latest[0] = now
    return now
