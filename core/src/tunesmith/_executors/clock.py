"""Wall time that keeps its pace."""

import time

_EPOCH = time.time() - time.monotonic()


def wall_clock() -> float:
    """Return the seconds since the epoch; setting the machine's clock does not move it.

    It is read once, as the process begins, so that a time budget is over when it is over.
    """
    return _EPOCH + time.monotonic()
