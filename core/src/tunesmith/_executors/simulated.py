"""The simulated executor: many workers on a virtual clock, in one process and in no time."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from math import inf
from time import monotonic

from msgspec.structs import replace

from tunesmith._executors.bell import Bell
from tunesmith._executors.conditions import Conditions
from tunesmith._executors.seat import Happening, Seat, ended_by
from tunesmith._executors.timeline import Timeline
from tunesmith.errors import UsageError
from tunesmith.protocols.commands import ExecutorCommand, Launch, Proceed, Stop
from tunesmith.protocols.events import (
    AnyEvent,
    CapacityChanged,
    CheckpointSaved,
    Reported,
    TrialStarted,
)
from tunesmith.protocols.executor import ExecutorContext

MERGED = 32
"""Reports of a trial, with nothing in between, that make one event at most."""

LONGEST_POLL_S = 0.1
"""Real time after which a poll returns what it has."""


class SimulatedExecutor:
    """Runs trials on `workers` simulated workers; the clock is at 0 when an experiment starts.

    Training code reports, as `time_metric`, for how many simulated seconds it has trained since
    the trial's start; nothing waits for real. Each trial trains one report ahead of the clock, so
    that decisions are taken in the order of simulated time, and what a trial did beyond the moment
    at which it is stopped or lost is forgotten. Bit-reproducible: events depend on the commands,
    the training code, and `seed` alone (by default, the experiment's); what happens at the same
    time is told in the order in which it was begun.

    A run that was cut off goes on as if it had not been, clocks, stragglers and losses included;
    only the delays of what was starting, saving or stopping at the cut are not made up.

    A poll goes on past events that ask for no answer (a start, a report at which the trial does
    not wait), up to the first one that does.
    """

    def __init__(
        self,
        context: ExecutorContext,
        *,
        workers: int = 1,
        time_metric: str = "elapsed_s",
        start_delay_s: float = 0.0,
        stop_delay_s: float = 0.0,
        checkpoint_delay_s: float = 0.0,
        straggler_sd: float = 0.0,
        drop_probability: float = 0.0,
        seed: int | None = None,
    ) -> None:
        if type(workers) is not int or workers < 1:
            raise UsageError(
                f"simulated executor: workers={workers!r}: expected a whole number, at least 1"
            )
        if seed is None:
            seed = context.seeds("simulated").getrandbits(63) if context.seeds else 0
        self._conditions = Conditions(
            start_delay_s=start_delay_s,
            stop_delay_s=stop_delay_s,
            checkpoint_delay_s=checkpoint_delay_s,
            straggler_sd=straggler_sd,
            drop_probability=drop_probability,
            seed=seed,
        )
        self._context = context
        self._metric = time_metric
        limit = context.max_concurrent
        self.slots = workers if limit is None else min(workers, limit)
        self._timeline = Timeline(context.since)
        self._idle: list[Seat] = []
        self._held: dict[str, Seat] = {}
        self._made = 0
        self._queued: deque[ExecutorCommand] = deque()
        self._unplaced: deque[Launch] = deque()
        self._events: list[AnyEvent] = [CapacityChanged(at=context.since, slots=self.slots)]
        self._asks = True
        self._bell = Bell()
        self._closed = False

    def now(self) -> float:
        """Return the simulated seconds since the start of the experiment."""
        return self._timeline.now

    def submit(self, commands: Sequence[ExecutorCommand]) -> None:
        """Take commands; they are carried out at the present time."""
        if not self._closed:
            self._queued.extend(commands)

    def poll(self, deadline: float | None) -> Sequence[AnyEvent]:
        """Go on to the next event that asks for an answer, or to the deadline."""
        limit = inf if deadline is None else deadline
        self._carry_out()
        until = monotonic() + LONGEST_POLL_S
        while not self._asks and (due := self._timeline.pop(limit)) is not None:
            self._happen(*due, limit)
            if monotonic() > until:
                break
        if not self._events:
            self._rest(limit)
        self._bell.hush()
        events, self._events, self._asks = self._events, [], False
        return events

    def wake(self) -> None:
        """From any thread or signal handler: make a waiting `poll` return now."""
        self._bell.ring()

    def close(self) -> None:
        """Unwind the trials that are not over; may be called again."""
        self._closed = True
        self._queued.clear()
        self._unplaced.clear()
        seats = [*self._held.values(), *self._idle]
        self._held.clear()
        self._idle.clear()
        for seat in seats:
            seat.close()
        self._bell.ring()

    # Commands ------------------------------------------------------------------------------------

    def _carry_out(self) -> None:
        while self._queued:
            command = self._queued.popleft()
            seat = self._held.get(command.trial)
            if isinstance(command, Launch):
                self._launch(command, seat)
            elif seat is not None and seat.attempt == command.attempt:
                self._order(seat, command)
            elif isinstance(command, Stop):
                self._cancel(command)

    def _launch(self, launch: Launch, seat: Seat | None) -> None:
        if seat is None:
            if len(self._held) >= self.slots:
                self._unplaced.append(launch)
                return
            seat = self._held[launch.trial] = self._idle.pop() if self._idle else self._hire()
        self._add(seat, seat.begin(launch, self._timeline.now))

    def _hire(self) -> Seat:
        self._made += 1
        return Seat(self._made, self._context, self._metric, self._conditions)

    def _order(self, seat: Seat, command: ExecutorCommand) -> None:
        now = self._timeline.now
        if isinstance(command, Proceed):
            self._add(seat, seat.proceed(command, now))
        elif isinstance(command, Stop):
            self._add(seat, seat.stop(command, now))
        else:
            self._add(seat, seat.settle(command, now))

    def _cancel(self, stop: Stop) -> None:
        """Answer a `Stop` of a trial that still waits for a worker."""
        for launch in tuple(self._unplaced):
            if (launch.trial, launch.attempt) == (stop.trial, stop.attempt):
                self._unplaced.remove(launch)
                self._events.append(ended_by(stop, self._timeline.now))
                self._asks = True

    def _add(self, seat: Seat, happening: Happening | None) -> None:
        if happening is not None:
            self._timeline.add(happening[0], seat, happening[1])

    # Events --------------------------------------------------------------------------------------

    def _happen(self, seat: Seat, events: list[AnyEvent], limit: float) -> None:
        """Take down what happens now, and have the trial train on unless it must not."""
        last, now = events[-1], self._timeline.now
        if len(events) > 1:
            self._events.extend(replace(event, at=now) for event in events[:-1])
        if isinstance(last, Reported):
            self._report(seat, last, limit)
            return
        self._events.append(last if last.at == now else replace(last, at=now))
        if isinstance(last, TrialStarted):
            self._add(seat, seat.train(now))
        elif not isinstance(last, CheckpointSaved):
            self._asks = True
            self._release(seat, last)

    def _report(self, seat: Seat, event: Reported, limit: float) -> None:
        """Take a report down, and those after it that come before anything else happens."""
        timeline, reports = self._timeline, list(event.reports)
        try:
            while True:
                seat.ahead = []
                seat.waiting = self._asks = event.waiting
                if seat.waiting:
                    return
                happening = seat.train(timeline.now)
                if happening is None:
                    return
                at, events = happening
                following = events[0]
                if (
                    not isinstance(following, Reported)
                    or len(reports) >= MERGED
                    or at > limit
                    or at >= timeline.next_at
                ):
                    timeline.add(at, seat, events)
                    return
                timeline.now, event = at, following
                reports += event.reports
        finally:
            # Also where Ctrl-C comes out of the training code.
            told = Reported(
                at=timeline.now,
                trial=seat.trial,
                attempt=seat.attempt,
                reports=tuple(reports),
                waiting=event.waiting,
            )
            self._events.append(told)

    def _release(self, seat: Seat, last: AnyEvent) -> None:
        seat.vacate(last)
        del self._held[seat.trial]
        self._idle.append(seat)
        if self._unplaced:
            self._launch(self._unplaced.popleft(), None)

    def _rest(self, limit: float) -> None:
        """Let time pass where nothing happens; without a limit, wait to be woken."""
        if self._closed or self._bell.rings:
            return
        if limit < inf:
            self._timeline.now = max(self._timeline.now, limit)
        else:
            self._bell.wait()
