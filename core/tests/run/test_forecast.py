"""A dry run tells what an experiment will take, and leaves nothing behind."""

from pathlib import Path
from typing import Any

import pytest

import tunesmith as tune

SPACE = {"x": tune.uniform(0, 1), "lr": tune.grid_search([0.1, 0.2])}


class Saved:
    """Saves itself in a thousand bytes."""

    def setup(self, config: dict[str, Any]) -> None:
        self.x = config["x"]

    def step(self) -> dict[str, float]:
        return {"loss": self.x}

    def save_checkpoint(self, directory: str) -> None:
        Path(directory, "state").write_bytes(b"x" * 1000)

    def load_checkpoint(self, directory: str) -> None:
        Path(directory, "state").read_bytes()


def told(trainable: Any, **options: Any) -> Any:
    """Return the forecast of an experiment."""
    given = {"metric": "loss", "mode": "min", "verbose": 0, "executor": "inline", "seed": 1}
    return tune.run(trainable, SPACE, dry_run=True, **{**given, **options})


def test_it_tells_trials_time_and_disk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Samples times grid cells, reports up to the stop criterion, checkpoints as they are kept."""
    found = told(
        Saved,
        num_samples=3,
        stop={"training_iteration": 10},
        executor={"name": "inline", "slots": 2},
        checkpoint=tune.CheckpointConfig(keep=1, every=1),
        storage=tmp_path,
        verbose=1,
    )
    assert isinstance(found, tune.Forecast)
    assert (found.trials, found.length, found.at_once) == (6, 10.0, 2)
    assert found.seconds == pytest.approx(3 * (found.start_s + 9 * found.report_s))
    assert 1000 < found.checkpoint_bytes < 2000
    assert found.disk_bytes == found.checkpoint_bytes * (3 * 2 + 2 * 1)
    assert list(tmp_path.iterdir()) == []
    assert "6 trials of up to 10 reports, 2 at a time" in capsys.readouterr().out


def test_the_budget_bounds_the_disk() -> None:
    """With the one checkpoint above it that has just been written."""
    keep = tune.CheckpointConfig(keep=None, budget=5000)
    found = told(Saved, num_samples=50, stop={"training_iteration": 10}, checkpoint=keep)
    assert found.disk_bytes == 5000 + found.checkpoint_bytes


def test_training_code_that_ends_by_itself_is_as_long_as_it_was() -> None:
    """Where it ends within the rehearsal."""

    def short(config: dict[str, Any]) -> Any:
        yield config["x"]
        yield config["x"]

    assert told(short, num_samples=1).length == 2


def test_without_limits_there_is_no_sum() -> None:
    """Where nothing limits what a trial reports, no time is made up."""
    endless = told(Saved, num_samples=1)
    assert (endless.length, endless.seconds) == (None, None)


def test_what_fails_fails_now() -> None:
    """With the user's traceback, before anything was written."""

    def fails(config: dict[str, Any]) -> float:
        raise FileNotFoundError(f"no data for {config['lr']}")

    with pytest.raises(tune.TrialError, match=r"FileNotFoundError: no data for 0\.[12]"):
        told(fails, num_samples=1)
