"""Wall time that keeps its pace, whoever sets the machine's clock meanwhile."""

import time

_EPOCH = time.time() - time.monotonic()


def wall_clock() -> float:
    """Return the seconds since the epoch, by the machine's clock as this process found it."""
    return _EPOCH + time.monotonic()
