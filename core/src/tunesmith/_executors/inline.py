"""The inline executor: trials run in the driver's own process, so debuggers work in them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from tunesmith._executors.bell import Bell
from tunesmith._executors.clock import wall_clock
from tunesmith.errors import UsageError
from tunesmith.protocols.commands import ExecutorCommand, Launch, Proceed, Stop
from tunesmith.protocols.events import AnyEvent, CapacityChanged, Reported, TrialEnded, TrialPaused
from tunesmith.protocols.executor import ExecutorContext, TrialWorker

_LEAVES = (TrialEnded, TrialPaused)
_REPLACES_TRAINING = (Stop, Launch)
_TRAINS = (Launch, Proceed)


class InlineExecutor:
    """Runs trials within `poll`, one report at a time; several trials take turns.

    Deterministic: which event comes next depends on the commands alone, not on time. A poll always
    makes progress, however near its deadline is: training code is never cut short. A
    `KeyboardInterrupt` in it passes through `poll`, and no event is lost by that.
    """

    def __init__(self, context: ExecutorContext, *, slots: int = 1) -> None:
        if type(slots) is not int or slots < 1:
            raise UsageError(
                f"inline executor: slots={slots!r}: expected a whole number of trials that take "
                "turns, at least 1"
            )
        self._context = context
        limit = context.max_concurrent
        self.slots = slots if limit is None else min(slots, limit)
        self._idle: list[TrialWorker] = []
        self._held: dict[str, _Held] = {}
        self._queued: deque[ExecutorCommand] = deque()
        self._turns: deque[_Held] = deque()
        self._events: list[AnyEvent] = [CapacityChanged(at=wall_clock(), slots=self.slots)]
        self._bell = Bell()
        self._closed = False

    def now(self) -> float:
        """Return the time in seconds since the epoch; it never goes back."""
        return wall_clock()

    def submit(self, commands: Sequence[ExecutorCommand]) -> None:
        """Take commands; the next `poll` begins with them."""
        if not self._closed:
            self._queued.extend(commands)

    def poll(self, deadline: float | None) -> Sequence[AnyEvent]:
        """Carry out commands, then train one trial up to its next report; return what happened."""
        if not self._events:
            self._carry_out()
        if not self._events:
            self._take_turns()
        if not self._events:
            self._sleep(deadline)
        self._bell.hush()
        events, self._events = self._events, []
        return events

    def wake(self) -> None:
        """From any thread or signal handler: make a waiting `poll` return now."""
        self._bell.ring()

    def close(self) -> None:
        """Unwind the trials that are not over; may be called again."""
        self._closed = True
        self._queued.clear()
        self._turns.clear()
        workers = [held.worker for held in self._held.values()] + self._idle
        self._held.clear()
        self._idle.clear()
        for worker in workers:
            worker.close()
        self._bell.ring()

    def _carry_out(self) -> None:
        """Hand each command to the trial it is for; a launch waits for a free slot."""
        unplaced: deque[Launch] = deque()
        while self._queued:
            command = self._queued.popleft()
            held = self._held.get(command.trial)
            if isinstance(command, Launch):
                if held is None and len(self._held) >= self.slots:
                    unplaced.append(command)
                else:
                    self._give(self._admit(command, held), command)
            elif held is not None and held.attempt == command.attempt:
                self._give(held, command)
            elif isinstance(command, Stop):
                self._cancel(unplaced, command)
        self._queued.extend(unplaced)

    def _admit(self, launch: Launch, held: _Held | None) -> _Held:
        if held is None:
            worker = self._idle.pop() if self._idle else self._context.worker()
            held = self._held[launch.trial] = _Held(launch.trial, worker)
        held.attempt = launch.attempt
        return held

    def _give(self, held: _Held, command: ExecutorCommand) -> None:
        held.take(command)
        if not held.training:
            held.training = True
            self._turns.append(held)

    def _cancel(self, unplaced: deque[Launch], stop: Stop) -> None:
        """Answer a `Stop` of a trial that still waits for its slot."""
        for launch in tuple(unplaced):
            if (launch.trial, launch.attempt) == (stop.trial, stop.attempt):
                unplaced.remove(launch)
                self._events.append(
                    TrialEnded(
                        at=wall_clock(),
                        trial=stop.trial,
                        attempt=stop.attempt,
                        outcome=stop.outcome,
                        reason=stop.reason,
                    )
                )

    def _take_turns(self) -> None:
        """Train the next trial in turn until it reported, gave its slot back, or has to wait."""
        while self._turns and not self._events:
            held = self._turns.popleft()
            held.training = False
            if self._advance(held):
                held.training = True
                self._turns.append(held)

    def _advance(self, held: _Held) -> bool:
        """Collect the trial's next events; False if it waits or is over."""
        while (event := held.event()) is not None:
            self._events.append(event)
            if isinstance(event, _LEAVES):
                self._held.pop(held.trial, None)
                self._idle.append(held.worker)
                return False
            if isinstance(event, Reported) and not event.waiting and not held.worker.ending:
                return True
        return False

    def _sleep(self, deadline: float | None) -> None:
        if self._closed:
            return
        left = None if deadline is None else max(0.0, deadline - wall_clock())
        self._bell.wait(left)


class _Held:
    """A trial that holds a slot; `training` while it takes turns."""

    def __init__(self, trial: str, worker: TrialWorker) -> None:
        self.trial = trial
        self.worker = worker
        self.attempt = 0
        self.training = False
        self._commands: deque[ExecutorCommand] = deque()
        self._current: ExecutorCommand | None = None
        self._events: Iterator[AnyEvent] = iter(())

    def take(self, command: ExecutorCommand) -> None:
        """Queue a command; a stop or a new launch takes the place of training."""
        if isinstance(command, _REPLACES_TRAINING):
            # The trial stands still at a report, so its training can be dropped here and now.
            if isinstance(self._current, _TRAINS):
                self._current, self._events = None, iter(())
            if self._commands:
                self._drop_training()
        if isinstance(command, Stop) and any(isinstance(each, Launch) for each in self._commands):
            self.worker.interrupt(command)
        else:
            self._commands.append(command)

    def _drop_training(self) -> None:
        self._commands = deque(each for each in self._commands if not isinstance(each, Proceed))

    def event(self) -> AnyEvent | None:
        """Return what the commands bring about next; None once all are carried out."""
        while True:
            event = next(self._events, None)
            if event is not None:
                return event
            if not self._commands:
                self._current = None
                return None
            self._current = self._commands.popleft()
            self._events = self.worker.handle(self._current)
