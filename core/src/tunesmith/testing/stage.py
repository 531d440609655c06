"""A stage to watch an executor on: its events so far, and shorthands for commands."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from tunesmith._executors.settings import WorkerSettings
from tunesmith._executors.worker import Workers
from tunesmith._trainable.form import wrap
from tunesmith.protocols.checkpoint import Checkpoint
from tunesmith.protocols.commands import ExecutorCommand, Launch
from tunesmith.protocols.events import (
    AnyEvent,
    CapacityChanged,
    CheckpointSaved,
    Reported,
    TrialEvent,
)
from tunesmith.protocols.executor import Executor, ExecutorContext
from tunesmith.protocols.resources import Resources

PATIENCE_S = 60.0
"""How long an expected event may take to come; a loaded machine is no failure."""


class Stage:
    """An executor under test, every event it has sent, and shorthands for commands.

    `slots` is how many trials its first event must say that it holds, if that is known.
    """

    def __init__(self, executor: Executor, slots: int | None = None) -> None:
        self.executor, self.slots = executor, slots
        self.events: list[AnyEvent] = []
        self.launched: set[tuple[str, int]] = set()

    def send(self, *commands: ExecutorCommand) -> None:
        """Submit commands together."""
        self.launched |= {(one.trial, one.attempt) for one in commands if isinstance(one, Launch)}
        self.executor.submit(commands)

    def launch(self, trial: str = "0001", attempt: int = 1, **fields: Any) -> None:
        """Submit a launch; `steps` is shorthand for a config."""
        config = fields.pop("config", {"steps": fields.pop("steps", 5)})
        self.send(Launch(trial=trial, attempt=attempt, config=config, **fields))

    def wait(self, kind: type[TrialEvent], trial: str = "0001", attempt: int = 1) -> Any:
        """Poll until the next event of this kind about the attempt comes; return it."""
        return self.wait_for(
            lambda event: isinstance(event, kind) and _about(event, trial, attempt),
            f"{kind.__name__} of trial {trial}, attempt {attempt}",
        )

    def wait_for_decision(self, trial: str = "0001", attempt: int = 1) -> Reported:
        """Poll until the trial stands still; return its last report."""
        event = self.wait_for(
            lambda event: (
                isinstance(event, Reported) and event.waiting and _about(event, trial, attempt)
            ),
            f"Reported(waiting=True) of trial {trial}, attempt {attempt}",
        )
        assert isinstance(event, Reported)
        return event

    def wait_for(self, wanted: Callable[[AnyEvent], bool], what: str) -> AnyEvent:
        """Poll until an event that is `wanted` comes; return it."""
        end = monotonic() + PATIENCE_S
        while monotonic() < end:
            found = self.poll()
            for event in found:
                if wanted(event):
                    return event
        raise AssertionError(f"{what} did not come within {PATIENCE_S} s; came: {self.events}")

    def poll(self, seconds: float = 1.0) -> list[AnyEvent]:
        """Poll once, for at most `seconds` where nothing happens."""
        found = list(self.executor.poll(self.executor.now() + seconds))
        for event in found:
            self._check(event)
            self.events.append(event)
        return found

    def _check(self, event: AnyEvent) -> None:
        """Fail at once where waiting would not help."""
        if isinstance(event, CapacityChanged) and not self.events:
            assert self.slots in (None, event.slots), (
                f"the executor holds {event.slots} trials at once, expected {self.slots}; `slots`"
                " of the suite says what `make` returns"
            )
        if isinstance(event, TrialEvent):
            assert (event.trial, event.attempt) in self.launched, (
                f"{event} is about an attempt that was never launched"
            )

    def about(self, trial: str = "0001") -> list[TrialEvent]:
        """Return the events about one trial, in order."""
        return [
            event for event in self.events if isinstance(event, TrialEvent) and event.trial == trial
        ]

    def newest_checkpoint(self, trial: str = "0001") -> Checkpoint:
        """Return the checkpoint that the trial saved last."""
        saved = [
            event.checkpoint for event in self.about(trial) if isinstance(event, CheckpointSaved)
        ]
        assert saved, f"no checkpoint was saved; came: {self.about(trial)}"
        return saved[-1]

    def resources(self, trial: str = "0001") -> list[float]:
        """Return how far the trial had trained at each of its reports."""
        return [report.resource for report in self.reports(trial)]

    def reports(self, trial: str = "0001") -> list[Any]:
        """Return the trial's reports, in order."""
        return [
            report
            for event in self.about(trial)
            if isinstance(event, Reported)
            for report in event.reports
        ]


class ExecutorCase(ABC):
    """What every group of scenarios shares: how the executor is made, and the stage."""

    in_process = True
    slots = 2

    @abstractmethod
    def make(self, context: ExecutorContext) -> Executor:
        """Return an executor that holds `slots` trials."""

    @pytest.fixture
    def stage(self, tmp_path: Path) -> Iterator[Callable[..., Stage]]:
        """Return a function that puts an executor for a trainable on the stage."""
        with self.stages(tmp_path) as build:
            yield build

    @contextmanager
    def stages(self, folder: Path) -> Iterator[Callable[..., Stage]]:
        """Return a function that makes an executor for a trainable, and closes it at the end."""
        made: list[Executor] = []
        assert self.slots >= 2, f"slots = {self.slots}; make an executor that holds 2 trials"

        def build(trainable: Any, *, max_concurrent: int | None = None, **settings: Any) -> Stage:
            workers = Workers(
                WorkerSettings(
                    trainable=wrap(trainable),
                    folder=str(folder),
                    objective="loss",
                    capture=not self.in_process,
                    **settings,
                )
            )
            context = ExecutorContext(workers, str(folder), Resources(), max_concurrent)
            made.append(self.make(context))
            return Stage(made[-1], min(self.slots, max_concurrent or self.slots))

        yield build
        for executor in made:
            executor.close()


def _about(event: AnyEvent, trial: str, attempt: int) -> bool:
    return isinstance(event, TrialEvent) and (event.trial, event.attempt) == (trial, attempt)
