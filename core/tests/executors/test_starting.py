"""Where an attempt starts: from its checkpoint, from an older one, or at the beginning."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tunesmith._executors.worker import Worker
from tunesmith._trainable import reporting as tune
from tunesmith.protocols import Checkpoint
from tunesmith.protocols.commands import Launch
from tunesmith.protocols.events import CheckpointSaved, Reported, TrialStarted

Make = Callable[..., Worker]


def run(worker: Worker, attempt: int = 1, **fields: Any) -> list[Any]:
    """Run an attempt to its end; return its events."""
    command = Launch(**{"trial": "0001", "attempt": attempt, "config": {"steps": 4}, **fields})
    return list(worker.handle(command))


def losses(events: list[Any]) -> list[tuple[float, float]]:
    """Return resource and loss of each report."""
    reports = [report for each in events if isinstance(each, Reported) for report in each.reports]
    return [(report.resource, report.metrics["loss"]) for report in reports]


def saved(events: list[Any]) -> list[Checkpoint]:
    """Return the checkpoints."""
    return [each.checkpoint for each in events if isinstance(each, CheckpointSaved)]


def forgetful(config: Any) -> Iterator[Any]:
    """Save checkpoints, and read none."""
    for step in range(1, config["steps"] + 1):
        yield tune.Report({"loss": float(step)}, checkpoint={"step": step})


def mindful(config: Any) -> Iterator[Any]:
    """Go on from the checkpoint, if there is one."""
    found = tune.get_checkpoint()
    for step in range(found.to_dict()["step"] + 1 if found else 1, config["steps"] + 1):
        yield tune.Report({"loss": float(step)}, checkpoint={"step": step})


def test_code_that_reads_no_checkpoint_begins_anew(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """Its reports are counted from zero, so that its curve is true; those known are left out."""
    worker = make(forgetful)
    newest = saved(run(worker, config={"steps": 2}))[-1]
    with caplog.at_level(logging.WARNING):
        again = run(worker, 2, checkpoint=newest, seen=2.0)
    assert losses(again) == [(3.0, 3.0), (4.0, 4.0)]
    assert "trial 0001 begins anew" in caplog.text
    assert saved(again)[-1].resource == 4.0


def test_code_that_reads_its_checkpoint_goes_on(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """Counters go on, and nobody is warned."""
    worker = make(mindful)
    newest = saved(run(worker, config={"steps": 2}))[-1]
    with caplog.at_level(logging.WARNING):
        again = run(worker, 2, checkpoint=newest, seen=2.0)
    assert losses(again) == [(3.0, 3.0), (4.0, 4.0)]
    assert not caplog.text


def test_fork_must_read_its_checkpoint(make: Make) -> None:
    """A trial that was to take another's state and did not has failed, with the fix."""
    worker = make(forgetful)
    newest = saved(run(worker, config={"steps": 2}))[-1]
    ended = run(worker, trial="0002", checkpoint=newest)[-1]
    assert ended.outcome == "failed"
    assert ended.error.message == (
        "trial 0002 was to go on from a checkpoint of trial 0001, and training code did not read "
        "it before its first report: expected checkpoint = tune.get_checkpoint() and go on from "
        "it if it is not None"
    )
    assert losses(run(make(mindful), trial="0003", checkpoint=newest))[0] == (3.0, 3.0)


def test_damaged_checkpoint_gives_way_to_an_older_one(make: Make, tmp_path: Path) -> None:
    """What was reported is not reported again, and the start tells which file is damaged."""
    worker = make(mindful)
    newest = saved(run(worker, config={"steps": 3}))[-1]
    (tmp_path / newest.path / "checkpoint.pkl").write_bytes(b"")
    again = run(worker, 2, checkpoint=newest, seen=3.0)
    start = again[0]
    assert isinstance(start, TrialStarted)
    assert "trials/0001/checkpoints/000003-a1 is damaged (" in start.note
    assert "goes on from trials/0001/checkpoints/000002-a1" in start.note
    assert losses(again) == [(4.0, 4.0)]
    assert again[-1].outcome == "completed"
    assert saved(again)[-1].resource == 4.0


class Hooked:
    """Steps from where it was loaded."""

    def setup(self, config: Any) -> None:
        """Begin."""
        self.step_, self.end = 0, config["steps"]

    def step(self) -> Any:
        """Report the number of the step."""
        if self.step_ == self.end:
            return None
        self.step_ += 1
        return {"loss": float(self.step_)}

    def save_checkpoint(self, directory: str) -> Any:
        """Return the state."""
        return {"step": self.step_}

    def load_checkpoint(self, state: Any) -> None:
        """Take the state."""
        self.step_ = state["step"]


def test_dict_that_save_checkpoint_returns_is_what_load_checkpoint_gets(make: Make) -> None:
    """A class may save itself as a dict instead of files."""
    worker = make(Hooked)
    newest = saved(run(worker, config={"steps": 2}))[-1]
    assert losses(run(worker, 2, checkpoint=newest, seen=2.0)) == [(3.0, 3.0), (4.0, 4.0)]


class WritesInto(Hooked):
    """Returns what it wrote, as a path."""

    def save_checkpoint(self, directory: str) -> Any:
        """Write a file and return its path."""
        path = Path(directory, "state")
        path.write_text(str(self.step_))
        return path

    def load_checkpoint(self, state: Any) -> None:
        """Read the file."""
        self.step_ = int(Path(state, "state").read_text())


def test_path_within_the_directory_may_be_returned(make: Make) -> None:
    """What is written there is saved, whatever is returned to say so."""
    worker = make(WritesInto)
    newest = saved(run(worker, config={"steps": 2}))[-1]
    assert losses(run(worker, 2, checkpoint=newest, seen=2.0)) == [(3.0, 3.0), (4.0, 4.0)]


class SaysDone(Hooked):
    """Says at its second step that it is done."""

    def step(self) -> Any:
        """Count."""
        return {**super().step(), "done": self.step_ == 2}


def test_class_that_says_it_is_done_is_over(make: Make) -> None:
    """As with None from its step, but with metrics; it is not stepped on without end."""
    assert losses(run(make(SaysDone))) == [(1.0, 1.0), (2.0, 2.0)]


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ("/elsewhere/model.pt", "save_checkpoint() returned '/elsewhere/model.pt' of type str: "),
        (7, "save_checkpoint() returned 7 of type int: expected nothing, or a dict. Write files"),
        (
            None,
            "save_checkpoint() wrote no file and returned None: expected files in the directory",
        ),
    ],
)
def test_save_that_keeps_nothing_is_refused(make: Make, returned: Any, message: str) -> None:
    """State that would be lost is an error, and the message says where to put it."""

    class Careless(Hooked):
        def save_checkpoint(self, directory: str) -> Any:
            return returned

    ended = run(make(Careless))[-1]
    assert ended.outcome == "failed"
    assert ended.error.message.startswith(message)
