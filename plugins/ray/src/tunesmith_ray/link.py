"""The driver's end of one worker process."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import msgspec
import ray
from ray.util.placement_group import placement_group, remove_placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from tunesmith.protocols.commands import ExecutorCommand, Launch, Stop
from tunesmith_ray.actor import THREADS, Load, TrialActor
from tunesmith_ray.ahead import Gate
from tunesmith_ray.codec import encode
from tunesmith_ray.wire import Batch, Greeting, Orders, Rhythm, decode_batch

if TYPE_CHECKING:
    from queue import SimpleQueue

    from tunesmith_ray.demand import Demand

_IN_FLIGHT = THREADS - 1
_Actor = ray.remote(TrialActor)

_DOUBT_S = 30.0
"""How long Ray may take to find out why a worker cannot be reached."""

_ASK_S = 1.0

Key = tuple[str, int]
"""Trial and attempt."""


class Job(msgspec.Struct, eq=False):
    """A trial on its way through the executor. `link` is None while it waits for a worker.

    It has none either once it is over there and only the engine does not know yet, because it was
    trained in advance: then all that is left of it is kept at its `gate`. `begun_at` is set once
    its training code is known to run. From `kill_at` on, a stop that was not obeyed is enforced.
    `superseded`: the engine has gone on to a later attempt, nothing about this one is told any
    more.
    """

    launch: Launch
    gate: Gate = msgspec.field(default_factory=Gate)
    link: Link | None = None
    begun_at: float | None = None
    kill_at: float | None = None
    stop: Stop | None = None
    superseded: bool = False

    @property
    def key(self) -> Key:
        """Return trial and attempt."""
        return (self.launch.trial, self.launch.attempt)


class Answered(msgspec.Struct, frozen=True):
    """A worker's call came back: `future` holds a `Greeting` or the bytes of a `Batch`."""

    link: Any
    future: Any


class Doubt(msgspec.Struct, frozen=True):
    """A call failed for a reason that is not yet clear; it counts from `until` on.

    `ask_at` is when to ask Ray again, infinite while a question is under way.
    """

    error: BaseException
    until: float
    ask_at: float = float("inf")


class Setup(msgspec.Struct, frozen=True):
    """What every worker is given when it starts, and the options of its actor."""

    load: Load
    options: dict[str, Any]


class Link:
    """Sends orders to one worker process and puts its batches back in order."""

    def __init__(self, demand: Demand, options: Mapping[str, Any], inbox: SimpleQueue[Any]) -> None:
        self.jobs: dict[Key, Job] = {}
        self.greeting: Greeting | None = None
        self.dead = False
        self.doubt: Doubt | None = None
        self.progressed_at = time.monotonic()
        self.hired_at = self.progressed_at
        self.recalling = False
        self._inbox = inbox
        self._orders: list[ExecutorCommand] = []
        self._unsent_recall = False
        self._sent = 0
        self._in_flight = 0
        self._is_idle = False
        self._early: dict[int, Batch] = {}
        self._next_batch = 0
        self._group: Any = None
        self._actor = self._start(demand, options)

    @property
    def ready(self) -> bool:
        """Whether the process is up and has loaded the training code."""
        return self.greeting is not None and not self.dead and self.doubt is None

    @property
    def busy(self) -> bool:
        """Whether something can come from it without being told more."""
        return bool(self.jobs) and not self._is_idle

    def prepare(self, load: Load, marker: str) -> None:
        """Have it load the training code; the answer, a `Greeting`, goes to the inbox."""
        call = self._actor.prepare.remote(load, marker)
        call.future().add_done_callback(self._answered)

    def launch(self, job: Job) -> None:
        """Queue a job at this worker; it leaves with the next `send`."""
        if not self.jobs:
            self.progressed_at = time.monotonic()
        job.link = self
        self.jobs[job.key] = job
        self._orders.append(job.launch)

    def order(self, command: ExecutorCommand) -> None:
        """Note a command for the next `send`."""
        self._orders.append(command)

    def recall(self) -> None:
        """Ask, with the next `send`, for every launch that has not begun."""
        self.recalling = True
        self._unsent_recall = True

    def send(self, rhythm: Rhythm) -> None:
        """Send what was ordered, unless it can wait or too many calls are under way already."""
        if self._has_news and self._in_flight < _IN_FLIGHT:
            self._exchange(rhythm)

    def listen(self, rhythm: Rhythm) -> None:
        """See to it that one call is under way that brings the next events."""
        if self._in_flight == 0 and self.busy:
            self._exchange(rhythm)

    def receive(self, data: bytes) -> list[Batch]:
        """Take an answer in; return the batches that are now complete and in order."""
        self._in_flight -= 1
        batch = decode_batch(data)
        if batch.number != self._next_batch:
            self._early[batch.number] = batch
            return []
        batches = [batch]
        self._next_batch += 1
        while self._early and self._next_batch in self._early:
            batches.append(self._early.pop(self._next_batch))
            self._next_batch += 1
        self._is_idle = batches[-1].idle and batches[-1].taken == self._sent
        return batches

    def question(self, error: BaseException) -> None:
        """Give nothing more to this worker, and have `ask` find out what has become of it."""
        now = time.monotonic()
        until = self.doubt.until if self.doubt is not None else now + _DOUBT_S
        self.doubt = Doubt(error, until, ask_at=now + _ASK_S)

    def ask(self, doubt: Doubt) -> None:
        """Have Ray say why this worker cannot be reached; the answer goes to the inbox."""
        self.doubt = msgspec.structs.replace(doubt, ask_at=float("inf"))
        self._actor.ping.remote().future().add_done_callback(self._answered)

    def leave(self) -> Any:
        """Have the process, which must not train, release what it holds; return the call."""
        return self._actor.leave.remote()

    def kill(self) -> None:
        """End the process now and give its resources back."""
        if self.dead:
            return
        self.dead = True
        ray.kill(self._actor, no_restart=True)
        if self._group is not None:
            remove_placement_group(self._group)
        self.abandon()

    def abandon(self) -> None:
        """Forget a process that is gone; no handle outlives the Ray that it is of.

        Ray gives the same ids to the next one's, and counts what is let go late as theirs.
        """
        self.dead = True
        self._actor = self._group = None

    def _start(self, demand: Demand, more: Mapping[str, Any]) -> Any:
        options = {**demand.options(), **more, "max_concurrency": THREADS}
        if demand.grouped:
            bundles = [dict(bundle) for bundle in demand.bundles]
            self._group = placement_group(bundles, strategy=demand.strategy)
            options["scheduling_strategy"] = PlacementGroupSchedulingStrategy(
                self._group,
                placement_group_bundle_index=0,
                placement_group_capture_child_tasks=True,
            )
        return _Actor.options(**options).remote()

    @property
    def _has_news(self) -> bool:
        """Whether the worker must hear of orders before its next answer.

        It need not hear of launches while it has more than those, and is going to answer.
        """
        if self._unsent_recall or not self._orders:
            return self._unsent_recall
        has_more = self._in_flight > 0 and 2 * len(self._orders) < len(self.jobs)
        return not (has_more and all(isinstance(order, Launch) for order in self._orders))

    def _exchange(self, rhythm: Rhythm) -> None:
        data = encode(Orders(tuple(self._orders), self._unsent_recall, rhythm))
        self._orders.clear()
        self._unsent_recall = self._is_idle = False
        call = self._actor.exchange.remote(self._sent, data)
        self._sent += 1
        self._in_flight += 1
        call.future().add_done_callback(self._answered)

    def _answered(self, future: Future[Any]) -> None:
        # Runs in a thread of Ray's.
        if not self.dead:
            self._inbox.put(Answered(self, future))
