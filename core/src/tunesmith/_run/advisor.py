"""Runs the searcher: in the driver's own thread, or beside it."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Protocol

from tunesmith._run.counsel import Counsel
from tunesmith.protocols.commands import Ask, Tell
from tunesmith.protocols.events import AnyEvent


class Advisor(Protocol):
    """Takes `Ask` and `Tell` in order; its answers are events."""

    def submit(self, command: Ask | Tell) -> None:
        """Take a command."""
        ...

    def poll(self) -> list[AnyEvent]:
        """Return the answers there are by now, without waiting."""
        ...

    def close(self) -> None:
        """Take no more commands."""
        ...


class DirectAdvisor:
    """Answers at once, in the caller's thread: for cheap searchers and for reproducible runs."""

    def __init__(self, counsel: Counsel) -> None:
        self._counsel = counsel
        self._answers: list[AnyEvent] = []

    def submit(self, command: Ask | Tell) -> None:
        """Carry the command out."""
        self._answers.extend(_carry_out(self._counsel, command))

    def poll(self) -> list[AnyEvent]:
        """Return the answers to all commands so far."""
        answers, self._answers = self._answers, []
        return answers

    def close(self) -> None:
        """Nothing is left to do."""


class ThreadedAdvisor:
    """Answers in a thread of its own, so that a slow model fit keeps no trial waiting.

    `wake` is called, from that thread, whenever there are new answers.
    """

    def __init__(self, counsel: Counsel, wake: Callable[[], None]) -> None:
        self._counsel = counsel
        self._wake = wake
        self._commands: queue.SimpleQueue[Ask | Tell | None] = queue.SimpleQueue()
        self._answers: deque[AnyEvent] = deque()
        self._thread = threading.Thread(target=self._work, name="tunesmith-advisor", daemon=True)
        self._thread.start()

    def submit(self, command: Ask | Tell) -> None:
        """Queue the command."""
        self._commands.put(command)

    def poll(self) -> list[AnyEvent]:
        """Return the answers there are by now."""
        answers = []
        while self._answers:
            answers.append(self._answers.popleft())
        return answers

    def close(self) -> None:
        """End the thread after the command it is at; do not wait for a long one."""
        self._commands.put(None)
        self._thread.join(timeout=1.0)

    def _work(self) -> None:
        while (command := self._commands.get()) is not None:
            for answer in _carry_out(self._counsel, command):
                self._answers.append(answer)
                self._wake()


def _carry_out(counsel: Counsel, command: Ask | Tell) -> Iterator[AnyEvent]:
    """Yield each answer as soon as it is there: a trial need not wait for another's."""
    if isinstance(command, Ask):
        return counsel.ask(command.trials)
    return counsel.tell(command)
