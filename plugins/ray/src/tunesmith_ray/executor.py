"""The executor "ray": trials in parallel, in warm worker processes on one machine or a cluster."""

import tunesmith_ray.quiet  # noqa: F401 (before Ray)

# isort: split
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Annotated, Any

import msgspec
import ray

from tunesmith.protocols import ErrorInfo, ExecutorContext, TrialWorker
from tunesmith.protocols.commands import ExecutorCommand
from tunesmith.protocols.events import AnyEvent, CapacityChanged
from tunesmith.protocols.executor import WorkerFactory
from tunesmith_ray import parcel, shelf, signals
from tunesmith_ray.actor import Load
from tunesmith_ray.clock import wall_clock
from tunesmith_ray.cluster import Cluster, ClusterOptions
from tunesmith_ray.demand import Demand, Node, places
from tunesmith_ray.famine import Famine
from tunesmith_ray.folder import Folder
from tunesmith_ray.ledger import Ledger
from tunesmith_ray.link import Answered, Link, Setup
from tunesmith_ray.pool import Pool, PoolOptions, check_seconds
from tunesmith_ray.staff import Staff
from tunesmith_ray.watch import Changed, watch

_FIRST = 16
"""The most workers that are started before there is a trial for them."""

_LONG_S = 5.0
"""After how long at most to look whether Ray is still there."""

_PATIENCE_S = 30.0
"""How long a cluster that once had room for a trial may have none, before the run is given up."""

_Amount = Annotated[float, msgspec.Meta(ge=0)]

_logger = logging.getLogger("tunesmith.ray")


class _Booted(msgspec.Struct, frozen=True):
    """Ray is up; `links` are the first workers, on their way."""

    setup: Setup
    nodes: tuple[Node, ...]
    links: list[Any]


class RayExecutor:
    """Runs trials on Ray, which starts in the background while this constructor has returned.

    `address` joins a cluster ("auto" or host:port; the variable RAY_ADDRESS does the same);
    without it a local Ray is started, of the size that `num_cpus`, `num_gpus`, `resources` and
    `object_store_memory` (bytes) say, by default all of this machine. A Ray that already runs in
    this process is used and left running.

    `isolate` gives each trial a fresh process. `prefetch` is the most trials one worker is handed
    at a time while trials take milliseconds; 1 turns that off. `run_ahead_s` is how long a worker
    may train a trial that waits for a decision in advance, where steps are shorter, but for rare
    ones of up to ten times that, and nothing is ever saved; 0 turns that off. A trial that has not
    obeyed a stop after `stop_grace_s` seconds is ended together with its process.
    `wait_for_resources` is how many seconds a cluster that grows may take until a trial fits.
    `runtime_env` and `log_to_driver` are Ray's own.

    Raises:
        UsageError: The training code cannot be pickled, or an option contradicts the Ray in use.
    """

    def __init__(
        self,
        context: ExecutorContext,
        *,
        address: str | None = None,
        num_cpus: _Amount | None = None,
        num_gpus: _Amount | None = None,
        resources: Mapping[str, _Amount] | None = None,
        object_store_memory: Annotated[int, msgspec.Meta(gt=0)] | None = None,
        isolate: bool = False,
        prefetch: int = 64,
        run_ahead_s: float = 0.005,
        stop_grace_s: float = 10.0,
        wait_for_resources: float = 0.0,
        runtime_env: Mapping[str, Any] | None = None,
        log_to_driver: bool = False,
    ) -> None:
        check_seconds("wait_for_resources", wait_for_resources)
        most = context.max_concurrent
        options = PoolOptions(
            isolate=isolate,
            prefetch=prefetch,
            stop_grace_s=stop_grace_s,
            patient=wait_for_resources > 0,
            max_concurrent=most,
            run_ahead_s=run_ahead_s,
        )
        self._context = context
        self._demand = Demand.of(context.resources)
        self._cluster = Cluster(
            ClusterOptions(
                address=address,
                num_cpus=num_cpus,
                num_gpus=num_gpus,
                resources=resources,
                object_store_memory=object_store_memory,
                runtime_env=runtime_env,
                log_to_driver=log_to_driver,
            )
        )
        self._cluster.refuse(self._demand)
        factory, self._parameters = _detach(context.worker)
        self._packed = _pack(factory)
        self._inbox: SimpleQueue[Any] = SimpleQueue()
        self._folder = Folder(context.folder)
        self._staff = Staff(self._demand, self._inbox, self._folder.mark, max_concurrent=most)
        self._ledger = Ledger(self._folder.discard)
        self._pool = Pool(options, self._staff, self._ledger)
        self._wait_s = wait_for_resources
        self._lacking_since: float | None = None
        self._famine = Famine.here(wait_for_resources)
        self._slots = 0
        self._fitted = self._up = False
        self._closing = threading.Event()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._attend, name="tunesmith-ray", daemon=True)
        self._thread.start()

    # The protocol --------------------------------------------------------------------------------

    def now(self) -> float:
        """Return wall time in seconds."""
        return wall_clock()

    def submit(self, commands: Sequence[ExecutorCommand]) -> None:
        """Take commands and send them on their way."""
        for command in commands:
            self._pool.take(command)
        if self._reaches_ray():
            self._pool.flush()

    def poll(self, deadline: float | None) -> Sequence[AnyEvent]:
        """Wait for events, `wake` or the deadline; return what has happened."""
        woken = self._hear(0.0)
        while not self._ledger.events and not woken:
            wait = self._longest_wait()
            left = wait if deadline is None else min(wait, deadline - wall_clock())
            if deadline is not None and wall_clock() >= deadline:
                break
            woken = self._hear(left)
        return self._ledger.drain()

    def wake(self) -> None:
        """From any thread or signal handler: make a waiting `poll` return now."""
        self._inbox.put(None)

    def close(self) -> None:
        """End all workers, and Ray too if it was started here. May be called twice."""
        if self._closing.is_set():
            return
        self._started.wait()
        self._drain()
        if self._cluster.is_there:
            self._staff.close()
        self._staff.abandon()
        self._up = False
        self._drain()
        self._closing.set()
        self._thread.join()
        self._folder.unmark()

    # Messages ------------------------------------------------------------------------------------

    def _hear(self, timeout: float) -> bool:
        """Take in every message, waiting for the first one; return whether one was a `wake`."""
        woken = False
        if self._reaches_ray():
            self._pool.listen()
        try:
            message = self._inbox.get(timeout=timeout) if timeout > 0 else self._inbox.get_nowait()
            while True:
                woken |= message is None
                self._take(message)
                message = self._inbox.get_nowait()
        except Empty:
            pass
        if self._reaches_ray():
            self._pool.tick()
            self._announce()
            self._pool.flush()
        return woken

    def _drain(self) -> None:
        """Let go of messages, which hold what belongs to Ray; workers that they bring are known."""
        while not self._inbox.empty():
            message = self._inbox.get_nowait()
            if isinstance(message, _Booted):
                self._staff.open(message.setup, message.links)

    def _reaches_ray(self) -> bool:
        """Tell whether workers can be talked to; if Ray has vanished, all that they did is lost."""
        if self._up and not self._cluster.is_there:
            self._up = False
            self._pool.abandon(self._cluster.vanished())
        return self._up

    def _take(self, message: Any) -> None:
        if isinstance(message, Answered):
            self._pool.hear(message)
        elif isinstance(message, Changed):
            self._see(message.nodes)
        elif isinstance(message, _Booted):
            signals.reclaim()
            self._staff.open(message.setup, message.links)
            self._see(message.nodes)
            self._up = True
        elif isinstance(message, ErrorInfo):
            self._pool.fail(message)

    def _see(self, nodes: tuple[Node, ...]) -> None:
        self._staff.see(nodes)
        self._folder.shared = len(nodes) > 1
        if not self._staff.lacking(self._staff.default):
            self._lacking_since = None
            self._fitted = True
        elif self._lacking_since is None:
            self._lacking_since = time.monotonic()

    def _announce(self) -> None:
        """Tell how many trials are welcome, or that there never will be room for one."""
        if self._lacking_since is not None:
            patience = max(self._wait_s, _PATIENCE_S if self._fitted else 0.0)
            if time.monotonic() - self._lacking_since >= patience:
                self._give_up(self._cluster.never(self._staff.lacking(self._staff.default)))
                return
        if starved := self._famine.look(self._staff.default):
            self._give_up(starved)
            return
        if self._pool.slots != self._slots:
            self._slots = self._pool.slots
            self._ledger.events.append(CapacityChanged(at=wall_clock(), slots=self._slots))

    def _longest_wait(self) -> float:
        """Return how long `poll` may sleep before something is due, in seconds."""
        due = self._pool.due()
        if self._lacking_since is not None:
            due = min(due, time.monotonic() + 0.25)
        return max(0.001, min(due - time.monotonic(), _LONG_S))

    def _give_up(self, message: str) -> None:
        self._lacking_since = None
        self._up = False
        self._pool.fail(ErrorInfo(type="UsageError", message=message, fingerprint="resources"))

    # The attending thread ------------------------------------------------------------------------

    def _attend(self) -> None:
        """Bring Ray up, watch the cluster, and take Ray down again."""
        try:
            self._start()
        except Exception as error:  # noqa: BLE001 (whatever it is, the experiment must learn it)
            self._inbox.put(self._cluster.explain(error))
        finally:
            self._started.set()
        watch(self._cluster, self._inbox, self._closing)
        self._cluster.stop()

    def _start(self) -> None:
        self._cluster.start()
        nodes = self._cluster.nodes()
        paths = tuple(dict.fromkeys(str(Path(path).absolute()) for path in sys.path))
        references = shelf.store(self._parameters)
        load = Load(paths=paths, references=references, parcel=ray.put(self._packed))
        self._packed, self._parameters = b"", {}
        setup = Setup(load, self._cluster.actor_options)
        first = self._first(nodes)
        links = [Link(self._demand, setup.options, self._inbox) for _ in range(first)]
        self._inbox.put(_Booted(setup, nodes, links))
        for link in links:
            link.prepare(load, "")

    def _first(self, nodes: tuple[Node, ...]) -> int:
        """Return how many workers to start before any trial has come."""
        if not self._cluster.own:
            return 0  # what is shared is taken only when there is use for it
        most = min(self._context.max_concurrent or _FIRST, os.cpu_count() or 1, _FIRST)
        return places(self._demand, nodes, limit=most)


def _detach(factory: Callable[[], TrialWorker]) -> tuple[Any, Mapping[str, Any]]:
    """Return the factory without the objects bound to it, and those."""
    if not isinstance(factory, WorkerFactory) or not factory.parameters:
        return factory, {}
    names = {name: name for name in factory.parameters}
    return factory.with_references(names, shelf.fetch), factory.parameters


def _pack(factory: Callable[[], TrialWorker]) -> bytes:
    packed = parcel.pack(factory)
    if len(packed) >= parcel.LARGE:
        name = parcel.heaviest(factory) or "data"
        _logger.warning(
            "the training code carries %.0f MB (variable %r), of which each worker process gets "
            "a copy; tune.with_parameters(train, %s=...) shares one copy per node",
            len(packed) / 2**20,
            name,
            name,
        )
    return packed
