"""When the driver writes the journal."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tunesmith as tune
from tunesmith._executors.simulated import SimulatedExecutor
from tunesmith._journal.log import Journal
from tunesmith.errors import PluginError
from tunesmith.protocols.commands import DropCheckpoint, Launch
from tunesmith.protocols.events import AnyEvent, RunEnded

SIMULATED = {"name": "simulated", "workers": 3}


def train(config: dict[str, Any]) -> Iterator[tune.Report]:
    for step in range(1, 4):
        metrics = {"loss": config["x"] / step, "elapsed_s": step}
        yield tune.Report(metrics, {"step": step} if config["saves"] else None)


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> list[list[Any]]:
    """All that is written, write by write."""
    found: list[list[Any]] = []
    append = Journal.append

    def watched(self: Journal, entries: Any, **others: Any) -> None:
        found.append(list(entries))
        append(self, found[-1], **others)

    monkeypatch.setattr(Journal, "append", watched)
    return found


def run(folder: Path, executor: Any, *, saves: bool = False, **options: Any) -> Any:
    space = {"x": tune.uniform(0, 1), "saves": saves}
    fixed: dict[str, Any] = {"metric": "loss", "mode": "min", "num_samples": 40, "verbose": 0}
    return tune.run(train, space, executor=executor, storage=folder, **fixed, **options)


def test_events_are_written_before_their_commands_are_carried_out(
    tmp_path: Path, writes: list[list[Any]]
) -> None:
    """In a real process every launch is in a write of its own turn: one trial after another."""
    run(tmp_path, "inline")
    launches = [sum(isinstance(c, Launch) for _, cs in write for c in cs) for write in writes]
    assert sum(launches) == 40
    assert max(launches) == 1


def test_a_simulation_writes_many_turns_together(tmp_path: Path, writes: list[list[Any]]) -> None:
    """What can be lived through again is written rarely; in the end all of it is."""
    results = run(tmp_path, SIMULATED)
    assert len(writes) < 30
    assert isinstance(writes[-1][-1][0], RunEnded)
    assert [trial.status for trial in results] == ["completed"] * 40


def test_nothing_is_deleted_before_that_is_written(
    tmp_path: Path, writes: list[list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkpoint goes only once the journal says so, in a simulation too."""
    dropped = []

    def drop(folder: Path, path: str) -> None:
        known = [c for write in writes for _, cs in write for c in cs]
        assert path in [c.checkpoint.path for c in known if isinstance(c, DropCheckpoint)]
        dropped.append(path)

    monkeypatch.setattr("tunesmith._run.driver.drop", drop)
    run(tmp_path, SIMULATED, saves=True)
    assert len(dropped) >= 40


def test_what_happened_before_a_crash_is_written(
    tmp_path: Path, writes: list[list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the executor itself fails, the journal holds all that was decided until then."""
    poll = SimulatedExecutor.poll
    happened: list[AnyEvent] = []

    def failing(self: SimulatedExecutor, deadline: float | None) -> Any:
        if len(happened) > 100:
            raise RuntimeError("a bug")
        events = poll(self, deadline)
        happened.extend(events)
        return events

    monkeypatch.setattr(SimulatedExecutor, "poll", failing)
    with pytest.raises(PluginError, match="RuntimeError: a bug"):
        run(tmp_path, SIMULATED)
    written = [event for write in writes for event, _ in write]
    assert all(event in written for event in happened)
