"""The loop of a run: events into the engine and the journal, then commands out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Literal, Protocol, get_args

from tunesmith._engine.engine import Engine
from tunesmith._journal.checkpoints import drop
from tunesmith._journal.log import Answer, Entry, Request
from tunesmith._run.advisor import Advisor
from tunesmith._run.audience import Audience
from tunesmith._run.control import Listener
from tunesmith._run.interrupts import Shield
from tunesmith._run.revival import Revival
from tunesmith._run.snapshot import Store
from tunesmith._run.watchdog import Watchdog
from tunesmith.errors import UsageError
from tunesmith.protocols import Executor, commands
from tunesmith.protocols.events import (
    AnyEvent,
    ControlRequested,
    DeadlineReached,
    RunEnded,
    RunStarted,
    TrialEnded,
)

_TO_ADVISOR = frozenset(get_args(commands.AdvisorCommand))
_TO_EXECUTOR = frozenset(get_args(commands.ExecutorCommand))

TICK_S = 0.5
"""How long the loop sleeps at most where trials run elsewhere, so that the display goes on."""

SHOW_S = 0.1
"""Real time between two ticks of the display, at least: a simulated hour may pass in it.

So long, too, may the events of a simulation wait for the journal.
"""

SOON_S = 0.03
"""How long the journal may wait for a searcher's answer, where nothing goes on before it."""

WRITTEN_TOGETHER = 1000
"""Events of a simulation that wait for the journal, at most."""


class EventLog(Protocol):
    """What the driver needs of a journal."""

    @property
    def last(self) -> int:
        """The number of the newest event."""
        ...

    def append(self, entries: Iterable[Entry], *, answers: Iterable[Answer] = ()) -> None:
        """Make the events, and answers to requests, durable in one transaction."""
        ...

    def requests(self) -> Sequence[Request]:
        """Return the requests from other processes that have no answer yet."""
        ...


class Driver:
    """Runs one experiment to its end.

    In each turn all events at hand go through the engine and into the journal, in one
    transaction; only then are the audience told and the commands carried out. An instant searcher,
    which lives in this process alone, answers within the turn. Where trials run `in_process` the
    executor never sleeps while one trains, and its clock may be virtual: then it is not woken for
    nothing.

    The events of a `virtual` executor wait for the journal for a moment, together, though their
    commands are carried out: if they are lost, a resume lives through the same again. Where
    everything waits for the searcher, so does the journal for a moment, and takes its answers in
    the same transaction.
    """

    def __init__(
        self,
        engine: Engine,
        journal: EventLog,
        *,
        executor: Executor,
        advisor: Advisor,
        audience: Audience,
        listener: Listener,
        watchdog: Watchdog,
        revival: Revival,
        snapshots: Store,
        folder: Path,
        in_process: bool = False,
        virtual: bool = False,
    ) -> None:
        self._engine = engine
        self._journal = journal
        self._executor = executor
        self._advisor = advisor
        self._audience = audience
        self._listener = listener
        self._watchdog = watchdog
        self._revival = revival
        self._snapshots = snapshots
        self._folder = folder
        self._in_process = in_process
        self._virtual = virtual
        self._unwritten: list[Entry] = []
        self._answers: list[Answer] = []
        self._write_at = 0.0
        self._show_at = 0.0
        self._deadlines: dict[str, float] = {}
        self._requests: list[ControlRequested] = []
        self._finish: commands.Finish | None = None
        self._ended: RunEnded | None = None
        self.shield = Shield()

    def run(self, opening: Sequence[AnyEvent] = ()) -> RunEnded:
        """Run until nothing is left to do, and return how it ended.

        `opening` are events that come right after the start: of a run that was cut off.
        """
        self._turn([RunStarted(at=self._executor.now()), *opening])
        self._listen()
        try:
            while self._finish is None:
                events = self._events()
                came = bool(events) or self._waits_for_advice
                self._turn([*self._take_requests(), *events, *self._due(came=came)])
                if self._engine.is_resting:
                    self._watchdog.heard()
                if monotonic() >= self._show_at:
                    self._audience.tick(self._engine)
                    self._listen()
                    self._show_at = monotonic() + SHOW_S
        finally:
            self._write()
        self._audience.tell()
        return self._end(self._finish.status, self._finish.reason)

    def request_stop(self, reason: str) -> None:
        """From a signal handler: have the run end as soon as its trials can be left."""
        self._requests.append(
            ControlRequested(at=self._executor.now(), action="stop", reason=reason)
        )
        self._executor.wake()

    def abort(self, status: Literal["stopped", "failed"], reason: str) -> RunEnded:
        """End the run where it stands; its trials stay as they are."""
        return self._ended or self._end(status, reason)

    def _end(self, status: Any, reason: str) -> RunEnded:
        ended = RunEnded(at=self._executor.now(), status=status, reason=reason)
        with self.shield:
            self._unwritten.append((ended, self._engine.handle(ended)))
            self._write()
            self._ended = ended
        self._audience.tick(self._engine)
        return ended

    def _turn(self, events: Sequence[AnyEvent]) -> None:
        if events:
            self._watchdog.heard()
        to_executor: list[commands.ExecutorCommand] = []
        orders: list[commands.AnyCommand] = []
        waiting: list[AnyEvent] = list(events)
        entries: list[Entry] = []
        engine, submit, note = self._engine, self._advisor.submit, self._audience.note
        # An engine that took half an event in, or half a transaction, could not be ended properly.
        with self.shield:
            while waiting:
                facts: list[AnyEvent] = []
                for event in waiting:
                    answer = engine.handle(event)
                    if not engine.has_ignored:
                        entries.append((event, answer))
                        note(event, engine)
                    for command in answer:
                        kind = type(command)
                        if kind in _TO_EXECUTOR:
                            to_executor.append(command)  # type: ignore[arg-type]
                        elif kind in _TO_ADVISOR:
                            facts += submit(command)  # type: ignore[arg-type]
                        elif kind is commands.Retire:
                            facts.append(self._retired(command))  # type: ignore[arg-type]
                        elif kind is commands.Revive:
                            facts.append(self._revived(command))  # type: ignore[arg-type]
                        else:
                            orders.append(command)
                waiting = facts
            self._unwritten += entries
            if not self._may_wait(idle=not (to_executor or orders)):
                self._write()
        if not self._unwritten:
            self._audience.tell()
        for order in orders:
            self._carry_out(order)
        if to_executor:
            self._executor.submit(to_executor)

    def _may_wait(self, *, idle: bool) -> bool:
        """Tell whether the journal can be written later, with what comes next."""
        if not (self._virtual or (idle and self._waits_for_advice)):
            return False
        return len(self._unwritten) < WRITTEN_TOGETHER and monotonic() < self._write_at

    def _write(self) -> None:
        if self._unwritten or self._answers:
            self._journal.append(self._unwritten, answers=self._answers)
            self._unwritten, self._answers = [], []
            if (memory := self._advisor.memory()) is not None:
                self._snapshots.keep(memory, seq=self._journal.last)
            self._write_at = monotonic() + SHOW_S

    def _listen(self) -> None:
        """Carry out what other processes ask for, or tell them why not."""
        for request in self._journal.requests() if self._finish is None else ():
            at, events, refusal = self._executor.now(), [], ""
            try:
                event = self._listener.event(request, at)
                refusal = self._engine.farewell or self._engine.objection(event)
                events = [] if refusal else [event]
            except UsageError as error:
                refusal = str(error)
            self._answers.append(Answer(request.id, at, refusal))
            self._turn(events)
            self._write()

    def _carry_out(self, order: commands.AnyCommand) -> None:
        match order:
            case commands.Finish():
                self._finish = order
            case commands.WakeAt():
                self._deadlines[order.name] = order.at
            case commands.DropCheckpoint():
                self._write()
                drop(self._folder, order.checkpoint.path)

    def _revived(self, command: commands.Revive) -> AnyEvent:
        return self._revival.event(command.trial, paused=command.paused)

    def _retired(self, command: commands.Retire) -> TrialEnded:
        return TrialEnded(
            at=self._executor.now(),
            trial=command.trial,
            attempt=command.attempt,
            outcome=command.outcome,
            reason=command.reason,
        )

    @property
    def _waits_for_advice(self) -> bool:
        """Tell whether trials must not go on before the searcher has answered.

        Where they train in this process, what happens next would else depend on how fast it is.
        """
        return self._in_process and self._advisor.is_busy

    def _events(self) -> Sequence[AnyEvent]:
        answers = self._advisor.poll()
        if answers:
            return answers
        if self._waits_for_advice:
            self._advisor.wait(SOON_S if self._unwritten else TICK_S)
            answers = self._advisor.poll()
            if not answers:
                self._write()
            return answers
        if self._virtual and self._engine.is_resting:
            # Its clock stands still; a person may unpause the run.
            sleep(SHOW_S)
            return []
        if not self._virtual:
            self._write()
        return self._executor.poll(self._next_deadline())

    def _next_deadline(self) -> float | None:
        deadline = min(self._deadlines.values()) if self._deadlines else None
        if self._virtual:
            return deadline
        tick = self._executor.now() + TICK_S
        return tick if deadline is None else min(tick, deadline)

    def _take_requests(self) -> list[ControlRequested]:
        requests, self._requests = self._requests, []
        return requests

    def _due(self, *, came: bool) -> list[DeadlineReached]:
        """Return the deadlines that were reached; what happens at the same time goes before."""
        if not self._deadlines:
            return []
        now = self._executor.now()
        due = [name for name, at in self._deadlines.items() if at < now or (at == now and not came)]
        for name in due:
            del self._deadlines[name]
        return [DeadlineReached(at=now, name=name) for name in due]
