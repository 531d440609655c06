"""The worker process: runs one trial after another and lets the driver collect what happens.

Theory of operation. A runner thread carries commands out through a `TrialWorker`, which stays warm
between trials. The driver keeps one `exchange` call waiting here: it brings commands in and takes
events out. An exchange returns at once when the runner has nothing left to do, and otherwise no
more often than the driver asked for (`linger_s`), so that a chatty trial costs a few calls a
second, however many reports it makes. A newer exchange sends an older one home. Where steps are
short a trial that waits for a decision is trained on in advance for a moment: see `ahead`.
"""

import math
import os
import socket
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import ray

from tunesmith.protocols import ErrorInfo, TrialWorker
from tunesmith.protocols.commands import ExecutorCommand, Launch, Proceed, TrialCommand
from tunesmith.protocols.events import AnyEvent, Reported, TrialEnded
from tunesmith_ray import shelf
from tunesmith_ray.clock import wall_clock
from tunesmith_ray.codec import encode
from tunesmith_ray.desk import Desk
from tunesmith_ray.outbox import Outbox
from tunesmith_ray.pace import Pace
from tunesmith_ray.wire import Batch, Greeting, decode_orders

THREADS = 4
"""Calls of one worker process that may be under way at once."""

_FULL = 20_000
"""Reports that may wait for the driver before the trial is made to wait itself."""

_GLANCE_S = 0.5
"""How long the driver may not know that a trial has begun which then says nothing."""

_SOON_S = 0.001
"""How long a trial that waits may be trained in advance before the driver hears that it waits."""

_MARKER_S = 3.0
"""How long a shared file system may take to show a new file."""


class Load(msgspec.Struct, frozen=True):
    """What a worker process is given: modules' folders, bound objects, the packed training code."""

    paths: tuple[str, ...]
    references: dict[str, Any]
    parcel: Any


class TrialActor:
    """One worker process; every method may be called while another one waits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._work = threading.Condition(self._lock)
        self._mail = threading.Condition(self._lock)
        self._desk = Desk()
        self._outbox = Outbox()
        self._ahead: deque[AnyEvent] = deque()  # appended to without the lock
        self._pace = Pace()
        self._reached = 0.0  # how far the trial at hand has trained
        self._recalled: list[str] = []
        self._worker: TrialWorker | None = None
        self._expected = 0  # number of the next exchange to accept
        self._batches = 0
        self._parked = False  # an exchange waits for the first event
        self._sent_at = 0.0
        self._hurried = False
        self._linger_s = 0.0
        self._leaving = False
        self._left = threading.Event()

    def prepare(self, load: Load, marker: str) -> Greeting:
        """Load the training code and say where this process lives; errors are an answer."""
        try:
            if marker and not _appears(marker):
                message = f"it cannot see the file {marker!r}"
                return Greeting(host=_host(), error_type="folder", error=message)
            sys.path += [p for p in load.paths if p not in sys.path and Path(p).is_dir()]
            shelf.fill(load.references)
            factory: Callable[[], TrialWorker] = ray.cloudpickle.loads(ray.get(load.parcel))
            self._worker = factory()
        except Exception as error:  # noqa: BLE001 (user modules may raise anything)
            return Greeting(
                host=_host(),
                error_type=type(error).__name__,
                error=str(error),
                traceback=traceback.format_exc(),
            )
        threading.Thread(target=self._run, name="tunesmith-trial", daemon=True).start()
        node = ray.get_runtime_context().get_node_id()
        return Greeting(pid=os.getpid(), node=node, host=_host())

    def ping(self) -> None:
        """Answer: where this call fails, Ray knows why."""

    def leave(self) -> None:
        """Take up nothing more; return once the training code has released what it holds."""
        with self._lock:
            self._leaving = True
            self._work.notify()
        self._left.wait()

    def exchange(self, number: int, data: bytes) -> bytes:
        """Accept orders, then wait for something to report and return it."""
        orders = decode_orders(data)
        with self._lock:
            while number != self._expected:
                self._mail.wait()
            for command in orders.commands:
                self._accept(command)
            if orders.recall:
                self._recalled += self._desk.recall()
            self._linger_s, self._pace.limit_s = orders.rhythm.linger_s, orders.rhythm.ahead_s
            self._expected = number + 1
            self._work.notify()
            self._mail.notify_all()
            self._await_mail(number)
            self._gather()
            batch = Batch(
                self._batches,
                self._outbox.drain(),
                tuple(self._recalled),
                taken=self._expected,
                idle=self._desk.idle,
            )
            self._recalled = []
            self._hurried = False
            self._batches += 1
            self._sent_at = time.monotonic()
            self._work.notify()
        return encode(batch)

    def _accept(self, command: ExecutorCommand) -> None:
        verdict = self._desk.put(command, at=wall_clock())
        if verdict.event is not None:
            self._outbox.add(verdict.event)
        stop = verdict.interrupt
        if stop is not None and self._worker is not None:
            self._worker.interrupt(stop)

    def _await_mail(self, number: int) -> None:
        while self._expected == number + 1 and not self._recalled:
            if self._outbox.size == 0 and not self._ahead:
                self._parked = True
                self._mail.wait(_GLANCE_S)
                continue
            left = self._sent_at + self._linger_s - time.monotonic()
            pressing = self._desk.idle or self._hurried or self._outbox.size >= _FULL
            if pressing or left <= 0:
                return
            self._mail.wait(left)

    def _run(self) -> None:
        while True:
            with self._lock:
                command = self._desk.take()
                while command is None and not self._leaving:
                    self._work.wait()
                    command = self._desk.take()
            if command is None:
                self._release()
                return
            last = self._carry_out(command)
            with self._lock:
                self._desk.done(last)
                if self._outbox.size and (self._parked or self._desk.idle):
                    self._parked = False
                    self._mail.notify_all()

    def _carry_out(self, command: ExecutorCommand) -> AnyEvent | None:
        """Post what comes of a command; return the last of it."""
        last: AnyEvent | None = None
        if isinstance(command, Proceed) and command.until <= self._reached:
            return self._go_ahead(command)  # it has come further already, in advance
        events = self._events(command)
        if isinstance(command, Launch | Proceed):
            events = self._pace.timed(events, anew=isinstance(command, Launch))
        for last in events:
            self._post(last)
        if isinstance(last, Reported) and last.waiting:
            self._reached = last.reports[-1].resource
            return self._go_ahead(command) or last
        return last

    def _go_ahead(self, waiting: TrialCommand) -> AnyEvent | None:
        """Train a trial that waits on in advance, while it may be; return the last event."""
        self._pace.start()
        if not self._may_go_ahead():
            return None
        last: AnyEvent | None = None
        hurried = False
        on = Proceed(trial=waiting.trial, attempt=waiting.attempt, until=math.inf)
        for last in self._pace.timed(self._events(on), anew=False):
            self._ahead.append(last)
            if isinstance(last, Reported):
                self._reached = last.reports[-1].resource
            if not self._may_go_ahead():
                break
            late = self._pace.spent_s >= _SOON_S
            if self._parked or (late and not hurried):
                hurried = late
                self._alert(hurried=late)
        with self._lock:
            self._gather()
        return last

    def _gather(self) -> None:
        """Put what was trained in advance into the outbox, which takes a lock, many at a time."""
        count = len(self._ahead)
        if count:
            self._outbox.add_ahead([self._ahead.popleft() for _ in range(count)])

    def _alert(self, *, hurried: bool) -> None:
        """Have the driver hear what there is; `hurried`: now, since a trial waits for it."""
        with self._lock:
            self._hurried, self._parked = self._hurried or hurried, False
            self._mail.notify_all()

    def _may_go_ahead(self) -> bool:
        if not self._pace.allows or self._desk.urged or self._leaving:
            return False
        return self._worker is not None and not self._worker.saves

    def _release(self) -> None:
        try:
            if self._worker is not None:
                self._worker.close()
        finally:
            self._left.set()

    def _post(self, event: AnyEvent) -> None:
        with self._lock:
            while self._outbox.size >= _FULL:
                self._work.wait()
            self._outbox.add(event)
            soon_idle = self._worker is not None and self._worker.ending
            if (self._parked and not soon_idle) or self._outbox.size >= _FULL:
                self._parked = False
                self._mail.notify_all()

    def _events(self, command: ExecutorCommand) -> Iterator[AnyEvent]:
        worker = self._worker
        if worker is None:  # exchanges begin only after a good greeting
            return
        try:
            yield from worker.handle(command)
        except GeneratorExit:  # the trial stands still
            raise
        except BaseException as error:  # noqa: BLE001 (even sys.exit in training code ends one trial only)
            yield _broken(command, error)


def _broken(command: TrialCommand, error: BaseException) -> TrialEnded:
    kind = type(error).__name__
    return TrialEnded(
        at=wall_clock(),
        trial=command.trial,
        attempt=command.attempt,
        outcome="failed",
        error=ErrorInfo(
            type=kind,
            message=str(error),
            traceback="".join(traceback.format_exception(error)),
            fingerprint=kind,
        ),
        failure="user_error",
    )


def _appears(marker: str) -> bool:
    end = time.monotonic() + _MARKER_S
    while not Path(marker).exists():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def _host() -> str:
    return socket.gethostname()
