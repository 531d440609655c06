"""Wakes a thread that waits."""

from __future__ import annotations

from queue import Empty, SimpleQueue


class Bell:
    """Rings from any thread, until the one that waits for it hushes it.

    It may be rung in a signal handler, wherever the handler came in between, and an exception that
    a handler raises within it leaves it fit for use: neither holds of `threading.Event`, whose
    lock such a handler waits for in vain, or leaves locked.
    """

    def __init__(self) -> None:
        self._rings: SimpleQueue[None] = SimpleQueue()

    @property
    def rings(self) -> bool:
        """Tell whether it was rung since it was hushed."""
        return not self._rings.empty()

    def ring(self) -> None:
        """Have `wait` return: now, or as soon as it is called."""
        if self._rings.empty():
            self._rings.put(None)

    def hush(self) -> None:
        """Forget that it was rung; for the thread that waits."""
        while not self._rings.empty():
            self._rings.get()

    def wait(self, timeout_s: float | None = None) -> None:
        """Return once it rings, and hush it; or after this time."""
        try:
            self._rings.get(timeout=timeout_s)
        except Empty:
            return
        self.hush()
