"""Runs the searcher: in the driver's own thread, or beside it."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Sequence
from time import monotonic
from typing import Protocol

from tunesmith._executors.bell import Bell
from tunesmith._run.counsel import Counsel
from tunesmith._run.snapshot import Memory, Rhythm
from tunesmith.protocols import Executor
from tunesmith.protocols.commands import AdvisorCommand
from tunesmith.protocols.events import AnyEvent

LATE_S = 5.0
"""A driver that polls no more often was suspended, and its searcher with it."""


class Advisor(Protocol):
    """Takes its commands in order; the answers are events."""

    @property
    def is_busy(self) -> bool:
        """Tell whether there may be more answers without a further command."""
        ...

    def submit(self, command: AdvisorCommand) -> Sequence[AnyEvent]:
        """Take a command; return what is answered at once."""
        ...

    def poll(self) -> Sequence[AnyEvent]:
        """Begin with what was submitted; return the answers there are by now, without waiting."""
        ...

    def memory(self) -> Memory | None:
        """Return, once, what the searcher has come to know with the answers polled so far."""
        ...

    def wait(self, timeout_s: float) -> None:
        """Return when there are answers or nothing is left to do, or after this time."""
        ...

    def close(self) -> None:
        """Take no more commands."""
        ...


class DirectAdvisor:
    """Answers at once, in the caller's thread: for instant searchers."""

    is_busy = False

    def __init__(self, counsel: Counsel) -> None:
        self._counsel = counsel

    def submit(self, command: AdvisorCommand) -> Sequence[AnyEvent]:
        """Carry the command out and return the answers to it."""
        return tuple(self._counsel.carry_out(command))

    def poll(self) -> Sequence[AnyEvent]:
        """Return nothing: all was answered as it was submitted."""
        return ()

    def memory(self) -> None:
        """Return nothing: asking again takes no longer than reading it."""

    def wait(self, timeout_s: float) -> None:
        """Return at once: there is never anything left to do."""

    def close(self) -> None:
        """Nothing is left to do."""


class ThreadedAdvisor:
    """Answers in a thread of its own, so that a slow model fit keeps no trial waiting.

    It begins with what was submitted when it is polled next: the driver has written its journal by
    then, and does not do so beside a thread that keeps the interpreter busy. The executor is woken,
    from that thread, by answers, and once all is carried out. A command that takes
    longer than `limit_s` ends the search, and its thread is left to itself.
    """

    def __init__(self, counsel: Counsel, executor: Executor, limit_s: float) -> None:
        self._counsel, self._executor, self._limit_s = counsel, executor, limit_s
        self._commands: queue.SimpleQueue[AdvisorCommand | None] = queue.SimpleQueue()
        self._answers: deque[AnyEvent] = deque()
        self._waiting: list[AdvisorCommand] = []
        self._submitted = self._done = 0
        self._since = self._polled = monotonic()
        self._is_given_up = False
        self._rhythm = Rhythm()
        self._made: Memory | None = None
        self._known: Memory | None = None
        self._news = Bell()
        self._thread = threading.Thread(target=self._work, name="tunesmith-advisor", daemon=True)
        self._thread.start()

    @property
    def is_busy(self) -> bool:
        """Tell whether a command is being carried out or waits for that."""
        return self._done < self._submitted and not self._is_given_up

    def submit(self, command: AdvisorCommand) -> Sequence[AnyEvent]:
        """Have the command wait for the next poll."""
        if not self.is_busy:
            self._since = monotonic()
        self._submitted += 1
        self._waiting.append(command)
        return ()

    def poll(self) -> Sequence[AnyEvent]:
        """Return the answers there are by now; the end of the search if one is overdue."""
        if self._is_given_up:
            return ()
        self._begin()
        now, before = monotonic(), self._polled
        self._polled = now
        if now - before > LATE_S:
            self._since = now
        # Looked at first: what it knows of is among the answers by now.
        made, answers = self._made, []
        while self._answers:
            answers.append(self._answers.popleft())
        if not answers and self.is_busy and now - self._since > self._limit_s:
            self._is_given_up = True
            return [self._counsel.give_up(self._limit_s)]
        if made is not None:
            self._made, self._known = None, made
        return answers

    def memory(self) -> Memory | None:
        """Return, once, what the searcher has come to know with the answers polled so far."""
        known, self._known = self._known, None
        return known

    def wait(self, timeout_s: float) -> None:
        """Return when there are answers or nothing is left to do, or after this time."""
        self._news.hush()
        if self.is_busy and not self._answers:
            self._news.wait(timeout_s)

    def close(self) -> None:
        """End the thread after the commands it has; do not wait for a long one."""
        self._begin()
        self._commands.put(None)
        self._thread.join(timeout=0.0 if self._is_given_up else 1.0)

    def _begin(self) -> None:
        for command in self._waiting:
            self._commands.put(command)
        self._waiting.clear()

    def _work(self) -> None:
        while (command := self._commands.get()) is not None:
            began = monotonic()
            try:
                for answer in self._counsel.carry_out(command):
                    self._answer(answer)
            except BaseException as error:  # noqa: BLE001  (an interrupt of its own, or a fault)
                self._answer(self._counsel.break_off(error))
            self._since = monotonic()
            if self._made is None and self._rhythm.is_due(self._since - began):
                self._made = self._counsel.memory()
                self._rhythm.taken(monotonic() - self._since)
                self._since = monotonic()
            self._done += 1
            if not self.is_busy:
                self._announce()

    def _answer(self, answer: AnyEvent) -> None:
        self._answers.append(answer)
        self._since = monotonic()
        self._announce()

    def _announce(self) -> None:
        self._news.ring()
        self._executor.wake()
