"""Ctrl-C: once ends the run cleanly, twice ends it now."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

NAMES = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}


class Shield:
    """Puts a KeyboardInterrupt off to the end of a `with` block that must not be torn apart.

    One put-off interrupt is the limit: a block that does not end by then is stuck, and torn apart.
    """

    def __init__(self) -> None:
        self._is_up = False
        self._is_due = False

    def __enter__(self) -> None:
        self._is_up = True

    def __exit__(self, *_: object) -> None:
        self._is_up = False
        if self._is_due:
            self._is_due = False
            raise KeyboardInterrupt

    def interrupt(self) -> None:
        """Raise KeyboardInterrupt here, or where the block that runs now ends."""
        if not self._is_up or self._is_due:
            raise KeyboardInterrupt
        self._is_due = True


@contextlib.contextmanager
def handled(stop: Callable[[str], None], shield: Shield) -> Iterator[None]:
    """Have the first SIGINT or SIGTERM call `stop` with its name, and any further one interrupt.

    Outside the main thread signals cannot be handled; there nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    was_asked = False

    def on_signal(number: int, frame: FrameType | None) -> None:
        nonlocal was_asked
        del frame
        if was_asked:
            shield.interrupt()
            return
        was_asked = True
        stop(NAMES[signal.Signals(number)])

    before = {number: signal.signal(number, on_signal) for number in NAMES}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
