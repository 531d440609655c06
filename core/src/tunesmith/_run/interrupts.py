"""Ctrl-C: once ends the run cleanly, twice ends it now."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType


@contextlib.contextmanager
def handled(stop: Callable[[], None]) -> Iterator[None]:
    """Have the first SIGINT or SIGTERM call `stop`, and any further one raise KeyboardInterrupt.

    Outside the main thread signals cannot be handled; there nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    was_asked = False

    def on_signal(number: int, frame: FrameType | None) -> None:
        nonlocal was_asked
        del number, frame
        if was_asked:
            raise KeyboardInterrupt
        was_asked = True
        stop()

    before = {
        number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
