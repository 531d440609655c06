"""Runs to look at, written straight into a journal."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tunesmith._journal.header import Header
from tunesmith._journal.log import Entry, Journal
from tunesmith.protocols import Checkpoint, ErrorInfo, Objective, Report, commands, events

HEADER = Header(
    name="digits",
    trainable="package.module:train",
    space={},
    objectives=(Objective("accuracy", "max"),),
    searcher={"name": "random"},
    scheduler={"name": "asha"},
    executor={"name": "inline"},
    seed=7,
    created_at=1e9,
)
TRACE = "Traceback (most recent call last):\n  train.py:3\nValueError: bad lr\n"


class Run:
    """A run under way; times are the numbers of its events."""

    def __init__(self, folder: Path, header: Header) -> None:
        self.folder = folder
        self.journal = Journal.create(folder, header)
        self.count = 0
        self.attempts: dict[str, int] = {}
        self.add(events.RunStarted, [])

    def add(self, kind: Any, decisions: Iterable[Any], **fields: Any) -> None:
        entry: Entry = (kind(at=float(self.count), **fields), tuple(decisions))
        self.count += 1
        self.journal.append([entry])

    def suggest(self, trial: str, *decisions: Any, **config: Any) -> None:
        launch = commands.Launch(trial=trial, attempt=1, config=config, until=3.0)
        self.add(events.Suggested, [launch, *decisions], trial=trial, config=config)

    def start(self, trial: str) -> None:
        self.attempts[trial] = self.attempts.get(trial, 0) + 1
        self.about(events.TrialStarted, trial, worker="worker 1")

    def about(self, kind: Any, trial: str, *decisions: Any, **fields: Any) -> None:
        self.add(kind, decisions, trial=trial, attempt=self.attempts[trial], **fields)

    def report(
        self, trial: str, first: int, *values: Any, decisions: Iterable[Any] = (), **more: Any
    ) -> None:
        metric = self.journal.header.objectives[0].metric
        reports = [
            Report(float(number), {metric: value, **more, **self.clock(number)})
            for number, value in enumerate(values, first)
        ]
        self.about(events.Reported, trial, *decisions, reports=tuple(reports))

    @staticmethod
    def clock(number: int) -> dict[str, Any]:
        return {"training_iteration": number, "time_total_s": number / 2, "timestamp": 1e9 + number}

    def save(self, trial: str, resource: float) -> Path:
        path = f"trials/{trial}/checkpoints/{resource:g}"
        (self.folder / path).mkdir(parents=True)
        self.about(events.CheckpointSaved, trial, checkpoint=Checkpoint(trial, resource, path))
        return self.folder / path

    def end(self, trial: str, outcome: str, reason: str = "") -> None:
        error = ErrorInfo("ValueError", "bad lr", TRACE) if outcome == "failed" else None
        self.about(events.TrialEnded, trial, outcome=outcome, reason=reason, error=error)

    def finish(self, status: str = "completed", reason: str = "") -> Path:
        self.add(events.RunEnded, [], status=status, reason=reason)
        self.journal.close()
        return self.folder


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    """Make a run in a new folder; options replace fields of the header."""
    made: list[Run] = []

    def new(name: str = "digits", **changes: object) -> Run:
        made.append(Run(tmp_path / "runs" / name, msgspec.structs.replace(HEADER, **changes)))
        return made[-1]

    yield new
    for run in made:
        run.journal.close()


@pytest.fixture
def digits(make: Callable[..., Run]) -> Run:
    """Three trials: one completed and best in its middle, one stopped, one failed."""
    run = make()
    run.suggest("0001", lr=0.1, act="relu")
    run.start("0001")
    run.report("0001", 1, 0.5, 0.9, 0.7)
    run.end("0001", "completed")
    run.suggest("0002", lr=0.2, act="tanh")
    run.start("0002")
    proceed = commands.Proceed(trial="0002", attempt=1, until=9.0)
    run.report("0002", 1, 0.8, decisions=[proceed])
    stop = commands.Stop(trial="0002", attempt=1, reason="rung 3: not in the top third")
    run.report("0002", 2, float("nan"), 0.75, decisions=[stop])
    run.end("0002", "stopped", "rung 3: not in the top third")
    run.suggest("0003", lr=0.3, act="relu")
    run.start("0003")
    run.end("0003", "failed")
    return run
