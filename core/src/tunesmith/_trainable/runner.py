"""A warm thread to run training code in that reports by a call."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Runner:
    """Runs one job at a time; either its owner or the job has control, never both.

    The owner calls `resume`, which returns when the job calls `give` or ends. One hand-over costs
    two switches of threads, about as much as a system call or two.
    """

    def __init__(self) -> None:
        self._go = threading.Lock()
        self._back = threading.Lock()
        self._go.acquire()
        self._back.acquire()
        self._job: Callable[[], None] | None = None
        self._thread: threading.Thread | None = None
        self._lent = False
        self.abandoned = False

    def start(self, job: Callable[[], None]) -> None:
        """Take `job`, which must not raise; `resume` begins it."""
        self._job = job
        if self._thread is None:
            # A daemon: training code that never returns must not keep the process alive.
            self._thread = threading.Thread(target=self._loop, name="tunesmith-trial", daemon=True)
            self._thread.start()

    def resume(self, timeout: float = -1) -> bool:
        """Let the job run until it gives control back; False if it did not within `timeout` s.

        After a timeout, or where an interrupt broke the wait, calling it again waits on.
        """
        if not self._lent:
            self._lent = True
            self._go.release()
        if not self._back.acquire(timeout=timeout):
            return False
        self._lent = False
        return True

    @property
    def lent(self) -> bool:
        """Whether the job has control: an earlier `resume` did not come to its end."""
        return self._lent

    def give(self) -> None:
        """Called by the job: hand control back and wait for it to return."""
        self._back.release()
        self._go.acquire()

    def retire(self) -> None:
        """End the thread; the job, if there still is one, is left to itself."""
        self.abandoned = True
        if self._thread is not None and not self._lent:
            self._job = None
            self._go.release()
            self._thread = None

    def _loop(self) -> None:
        while True:
            self._go.acquire()
            job, self._job = self._job, None
            if job is None:
                return
            job()
            del job
            if self.abandoned:
                return
            self._back.release()
