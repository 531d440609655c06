"""A pretend executor and searcher, so that an engine can be driven event by event."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from random import Random
from typing import Any

from tunesmith._engine.engine import Engine, Wish
from tunesmith._engine.settings import Settings
from tunesmith.protocols import (
    Checkpoint,
    Config,
    Continue,
    ErrorInfo,
    FailureKind,
    Objective,
    Report,
    commands,
)
from tunesmith.protocols.events import (
    AnyEvent,
    CapacityChanged,
    CheckpointSaved,
    ControlAction,
    ControlRequested,
    Reported,
    Revived,
    RunStarted,
    SearchEnded,
    Suggested,
    SuggestionDeferred,
    TrialEnded,
    TrialLost,
    TrialPaused,
    TrialStarted,
)

LOSS = (Objective("loss", "min"),)
ERROR = ErrorInfo("ValueError", "bad lr", "Traceback: bad lr", "ValueError:train:7")


class Fifo:
    """Runs every trial to its end."""

    def on_result(self, trial: Any, result: Any) -> Continue:  # noqa: ARG002
        """Never ask again."""
        return Continue(math.inf)

    def first(self, trial: Any) -> Continue:  # noqa: ARG002
        """Ask never."""
        return Continue(math.inf)


class Attempt:
    """One launch of a trial in the pretend executor."""

    def __init__(self, launch: commands.Launch) -> None:
        self.launch = launch
        self.until = launch.until
        self.at = launch.checkpoint.resource if launch.checkpoint else 0.0
        self.is_started = False
        self.is_waiting = False
        self.order: commands.Stop | None = None


class World:
    """Answers an engine's commands as a correct, and when asked to, an unlucky executor would.

    Trials train up to `length` by themselves; with `saves` they save themselves wherever they wait.
    `suggest` makes the n-th suggestion.
    """

    def __init__(
        self,
        scheduler: Any = None,
        *,
        slots: int = 2,
        length: int = 5,
        stopper: Any = None,
        exhausted_after: int | None = None,
        saves: bool = False,
        suggest: Callable[[int], Config] = lambda number: {"x": number},
        **settings: Any,
    ) -> None:
        self.settings = Settings(objectives=LOSS, **{"num_samples": 4, **settings})
        self.engine = Engine(self.settings, scheduler or Fifo(), stopper)
        self.saves = saves
        self.suggest = suggest
        self.length = length
        self.slots = slots
        self.exhausted_after = exhausted_after
        self.now = 0.0
        self.running: dict[str, Attempt] = {}
        self.inbox: deque[AnyEvent] = deque()
        self.sent: list[commands.AnyCommand] = []
        self.tells: list[commands.Tell] = []
        self.history: list[AnyEvent] = []
        self.answers: list[tuple[commands.AnyCommand, ...]] = []
        self.delivered: dict[str, list[float]] = {}
        self.disk: dict[str, int] = {}
        self.finish: commands.Finish | None = None
        self.peak = 0
        self.suggestions = 0
        self.give(RunStarted(at=0.0))
        self.give(CapacityChanged(at=0.0, slots=slots))

    def give(self, event: AnyEvent) -> tuple[commands.AnyCommand, ...]:
        """Hand the engine an event, check its invariants, and take its commands."""
        answer = self.engine.handle(event)
        self.engine.validate()
        if isinstance(event, CheckpointSaved) and not self.engine.has_ignored:
            self.disk[event.checkpoint.path] = event.checkpoint.size
        self.history.append(event)
        self.answers.append(answer)
        for command in answer:
            self.sent.append(command)
            self._obey(command)
        self.peak = max(self.peak, len(self.running))
        assert len(self.running) <= self.slots, "slot overrun"
        return answer

    def _obey(self, command: commands.AnyCommand) -> None:
        match command:
            case commands.Ask(trials=trials):
                for trial in trials:
                    self._suggest(trial)
            case commands.Launch():
                assert command.trial not in self.running, "launched twice"
                start = command.checkpoint
                assert start is None or start.path in self.disk, f"{start} was dropped"
                self.running[command.trial] = Attempt(command)
            case commands.Proceed(trial=trial, until=until):
                attempt = self.running.get(trial)
                if attempt and attempt.launch.attempt == command.attempt:
                    assert attempt.is_waiting, "Proceed to a trial that does not wait"
                    attempt.until, attempt.is_waiting = until, False
            case commands.Pause(trial=trial):
                if trial in self.running:
                    self.save(trial)
                    self._leave(trial, TrialPaused)
            case commands.Stop(trial=trial):
                if trial in self.running:
                    self.running[trial].order = command
            case commands.Retire():
                self.inbox.append(
                    TrialEnded(
                        at=self.now,
                        trial=command.trial,
                        attempt=command.attempt,
                        outcome=command.outcome,
                        reason=command.reason,
                    )
                )
            case commands.Revive(trial=trial, paused=paused):
                self.inbox.append(self.revived(trial, paused=paused))
            case commands.DropCheckpoint(checkpoint=checkpoint):
                assert self.disk.pop(checkpoint.path, None) is not None, "dropped twice"
            case commands.Tell():
                self.tells.append(command)
            case commands.Finish():
                assert self.finish is None, "finished twice"
                self.finish = command

    def _suggest(self, trial: str) -> None:
        self.suggestions += 1
        if self.exhausted_after is not None and self.suggestions > self.exhausted_after:
            self.inbox.append(SearchEnded(at=self.now, reason="exhausted"))
        else:
            self.inbox.append(
                Suggested(at=self.now, trial=trial, config=self.suggest(self.suggestions))
            )

    def defer(self, trial: str) -> None:
        """Answer a question for a suggestion with: not now."""
        self.inbox.append(SuggestionDeferred(at=self.now, trial=trial))

    # What may happen to a running trial ----------------------------------------------------------

    def step(self, trial: str, loss: Any = 1.0, by: float = 1) -> None:
        """Let a running trial do the next thing a correct executor would do; train on `by`."""
        attempt = self.running[trial]
        self.now += 1.0
        if attempt.order is not None:
            order = attempt.order
            self._leave(trial, TrialEnded, outcome=order.outcome, reason=order.reason)
        elif not attempt.is_started:
            attempt.is_started = True
            self._say(TrialStarted, attempt)
        elif attempt.is_waiting:
            pass
        elif attempt.at >= self.length:
            self._leave(trial, TrialEnded, outcome="completed")
        else:
            attempt.at += by
            if attempt.at <= attempt.launch.seen:
                if attempt.launch.pauses and attempt.at == attempt.launch.seen:
                    self.save(trial)
                    self._leave(trial, TrialPaused)
                return
            attempt.is_waiting = attempt.at >= attempt.until
            if attempt.is_waiting and self.saves:
                self.save(trial)
            report = Report(attempt.at, {"loss": loss, "time_total_s": attempt.at})
            self._say(Reported, attempt, reports=(report,), waiting=attempt.is_waiting)

    def save(self, trial: str) -> None:
        """Have a running trial save itself where it stands."""
        attempt = self.running[trial]
        path = f"trials/{trial}/checkpoints/{int(attempt.at)}-{attempt.launch.attempt}"
        checkpoint = Checkpoint(trial=trial, resource=attempt.at, path=path, size=10)
        self._say(CheckpointSaved, attempt, checkpoint=checkpoint)

    def fail(self, trial: str, error: ErrorInfo = ERROR) -> None:
        """Have the training code of a running trial raise."""
        self._leave(trial, TrialEnded, outcome="failed", error=error, failure="user_error")

    def lose(self, trial: str, failure: FailureKind = "worker_lost") -> None:
        """Have the worker of a running trial vanish."""
        self._leave(trial, TrialLost, failure=failure)

    # What people may ask for ---------------------------------------------------------------------

    def ask(self, action: ControlAction, trial: str = "", config: Config | None = None) -> str:
        """Have a person ask for something; return the objection, if there is one."""
        event = ControlRequested(
            at=self.now, action=action, trial=trial, reason=action, config=config
        )
        return self.wish(event)

    def unpause(self) -> None:
        """Have all go on that a person paused, by a resume if nothing else was left."""
        if self.finish is not None and self.finish.status == "stopped":
            self.finish = None
            self.give(RunStarted(at=self.now))
            self.give(CapacityChanged(at=self.now, slots=0))
        for trial in ("", *self.suggested):
            self.ask("unpause", trial)
        self.give(CapacityChanged(at=self.now, slots=self.slots))

    def wish(self, event: Wish) -> str:
        """Have a person wish for something; return the objection, if there is one."""
        objection = self.engine.farewell or self.engine.objection(event)
        if not objection:
            self.give(event)
        return objection

    def revived(self, trial: str, *, paused: bool = False) -> Revived:
        """Return the event with which a trial goes on that is over."""
        config = next(
            event.config
            for event in self.history
            if isinstance(event, Suggested) and event.trial == trial
        )
        reached = self.engine.trial(trial).resource
        return Revived(at=self.now, trial=trial, config=config, resource=reached, paused=paused)

    @property
    def suggested(self) -> list[str]:
        """The trials that there are."""
        return [event.trial for event in self.history if isinstance(event, Suggested)]

    def _leave(self, trial: str, kind: Any, **fields: Any) -> None:
        self._say(kind, self.running.pop(trial), **fields)

    def _say(self, kind: Any, attempt: Attempt, **fields: Any) -> None:
        launch = attempt.launch
        self.inbox.append(kind(at=self.now, trial=launch.trial, attempt=launch.attempt, **fields))

    # Time passes ---------------------------------------------------------------------------------

    def deliver(self) -> None:
        """Hand over the events that are on their way, in order."""
        while self.inbox:
            self.give(self.inbox.popleft())

    def run(self, loss: Any = None, *, seed: int = 0, turns: int = 10_000) -> None:
        """Let everything happen until the engine finishes; fail if it hangs."""
        rng = Random(seed)  # noqa: S311
        for _ in range(turns):
            self.deliver()
            if self.finish is not None:
                return
            assert self.running, f"hang: {self.engine.counts()}"
            trial = rng.choice(sorted(self.running))
            self.step(trial, loss(trial, self.running[trial].at + 1) if loss else 1.0)
        raise AssertionError(f"no end after {turns} turns: {self.engine.counts()}")

    def of(self, kind: type) -> list[Any]:
        """Return the commands of one kind that were sent."""
        return [command for command in self.sent if type(command) is kind]
