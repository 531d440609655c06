"""The executor protocol: commands in, events out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import msgspec

from tunesmith.protocols.commands import ExecutorCommand, Stop
from tunesmith.protocols.events import AnyEvent
from tunesmith.protocols.resources import Resources

if TYPE_CHECKING:
    from random import Random


class TrialWorker(Protocol):
    """Drives one trial at a time in the process that holds it; the core supplies it.

    The trial may change between a `Launch` and the next: a worker is reused. Its training code is
    closed when it ends. Not thread-safe, `interrupt` excepted.
    """

    @property
    def ending(self) -> bool:
        """Whether the events still to come need no further training.

        A hint for batching: while it is True the running iterator is exhausted at once.
        """
        ...

    @property
    def saves(self) -> bool:
        """Whether the trial might be saved where it stands.

        While it is False an executor may train a waiting trial on before it is told to, keep what
        comes to itself until then, and forget it if the decision is another one.
        """
        ...

    def handle(self, command: ExecutorCommand) -> Iterator[AnyEvent]:
        """Carry the command out, yielding events as they happen.

        After `Launch` and `Proceed` the iterator ends when the trial waits at its `until` (the last
        event is `Reported(waiting=True)`) or is over (`TrialEnded`). A report's checkpoint is
        durable, and its `CheckpointSaved` yielded, before its `Reported`; a trial launched from a
        checkpoint whose own report is not yet known (`seen < checkpoint.resource`) yields that
        report again before it trains on.

        A suspended iterator is a trial that stands still: it may be dropped in favour of another
        command for the same attempt. A `Launch` replaces whatever attempt the worker holds; a
        command for an attempt it does not hold yields nothing. Never raises for what user code
        does, a `KeyboardInterrupt` excepted: after one the attempt can only be stopped.
        """
        ...

    def interrupt(self, stop: Stop) -> None:
        """From any thread: have the running attempt end with `stop.outcome` at its next report."""
        ...

    def close(self) -> None:
        """Abandon whatever runs and release it."""
        ...


class TrialClock(Protocol):
    """A clock that follows the training time of the trial that a worker holds."""

    def now(self) -> float:
        """Return the time of what the trial did last."""
        ...

    def at(self, elapsed_s: float) -> float:
        """Return, and go to, the time at which the trial has trained for `elapsed_s` seconds."""
        ...


@runtime_checkable
class WorkerFactory(Protocol):
    """Makes workers; picklable. What an executor is given as `ExecutorContext.worker`.

    `parameters` are the objects that the user bound with `with_parameters`, by name. An executor
    that ships the factory many times may store each of them once and ship `with_references`
    instead.
    """

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Return the bound objects; empty if there are none."""
        ...

    def with_references(
        self, references: Mapping[str, Any], fetch: Callable[[Any], Any]
    ) -> WorkerFactory:
        """Return a factory that carries `references` in place of the parameters of these names.

        `fetch(reference)` is called in the process that runs the worker, once for each.
        """
        ...

    def timed(self, metric: str, clock: TrialClock) -> WorkerFactory:
        """Return a factory for a simulation: trials report their training time as `metric`.

        It becomes `time_total_s` and `Checkpoint.elapsed_s`; events are stamped by `clock`.
        """
        ...

    def __call__(self) -> TrialWorker:
        """Return a new worker; call it in the process that shall run trials."""
        ...


class ExecutorContext(msgspec.Struct, frozen=True):
    """What an executor is made with.

    `worker` is picklable: call it in the process that shall run trials; the one that the core
    passes is a `WorkerFactory`. `folder` is the absolute path of the run folder; a trial's own
    files, `stdout.log` among them, go to `folder/trials/<trial id>`. `max_concurrent` is the
    user's limit, None for as many as fit. `seeds` makes the generator of a named stream, the same
    for the same experiment seed. `since` is the time of the
    last event of an experiment that goes on, where a simulated clock goes on from; wall clocks
    ignore it.
    """

    worker: Callable[[], TrialWorker]
    folder: str
    resources: Resources
    max_concurrent: int | None = None
    seeds: Callable[[str], Random] | None = None
    since: float = 0.0


class Executor(Protocol):
    """Made by `factory(context, **options)`. Methods never raise for what happens to trials.

    `CapacityChanged` is among the first events polled. Called from one thread, `wake` excepted.

    Optional attribute `slots`: how many trials it will hold at once, where that is known from the
    start.
    """

    def now(self) -> float:
        """Return the executor's clock in seconds: wall time, or simulated time."""
        ...

    def submit(self, commands: Sequence[ExecutorCommand]) -> None:
        """Take commands, in order, without waiting for their effects."""
        ...

    def poll(self, deadline: float | None) -> Sequence[AnyEvent]:
        """Wait for events until one comes, `wake` is called, or the clock reaches `deadline`.

        `deadline` is on the executor's clock; None waits without end.
        """
        ...

    def wake(self) -> None:
        """From any thread, and from a signal handler: make a waiting `poll` return now."""
        ...

    def close(self) -> None:
        """Stop everything that still runs and give resources back."""
        ...
