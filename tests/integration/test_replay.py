"""`tunesmith replay`: a recorded run, decided once more."""

import contextlib
import json
import sqlite3
from pathlib import Path

import pytest

import tunesmith as tune
from tunesmith._cli.main import run as command_line

SPACE = {"x": tune.uniform(0, 1)}
SCHEDULERS = {
    "asha": {"name": "asha", "max_resource": 9},
    "promotion": {"name": "asha", "max_resource": 9, "mode": "promotion"},
    "hyperband": {"name": "hyperband", "max_resource": 9},
    "median": {"name": "median-stopping", "grace_period": 2},
    "pbt": {"name": "pbt", "interval": 2, "max_resource": 9},
}


class Climber:
    """Nine steps, savable."""

    def setup(self, config):
        self.x, self.height, self.steps = config["x"], 0.0, 0

    def step(self):
        self.height, self.steps = self.height + self.x, self.steps + 1
        if self.steps > 9:
            return None
        return {"height": self.height, "elapsed_s": self.steps * (1 + self.x)}

    def save_checkpoint(self, directory):
        Path(directory, "state").write_text(json.dumps([self.height, self.steps]))

    def load_checkpoint(self, directory):
        self.height, self.steps = json.loads(Path(directory, "state").read_text())


@pytest.fixture
def recorded(tmp_path):
    """Run a small experiment; return its folder."""

    def record(scheduler, **options):
        settings = {"metric": "height", "mode": "max", "num_samples": 12, "seed": 2, "verbose": 0}
        settings |= {"executor": {"name": "simulated", "workers": 3}, "storage": tmp_path}
        return tune.run(Climber, SPACE, scheduler=scheduler, **(settings | options)).path

    return record


@pytest.mark.parametrize("name", SCHEDULERS)
def test_the_same_is_decided_again(recorded, name, capsys):
    """Whatever the scheduler: no event is decided otherwise, without training code or searcher."""
    path = recorded(SCHEDULERS[name])
    assert command_line(["replay", str(path)]) == 0
    assert "all the same again" in capsys.readouterr().out


def test_a_resumed_run_is_decided_again_too(recorded, capsys):
    """The changes and relaunches of a resume are events like any other."""
    path = recorded(SCHEDULERS["asha"])
    tune.resume(path, Climber, num_samples=20, verbose=0)
    assert command_line(["replay", str(path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["differences"] == []
    assert told["decisions"] > 40


def test_another_scheduler_is_found_out(recorded, capsys):
    """The first decision that differs is shown, then and now, and the exit code is 1."""
    path = recorded(SCHEDULERS["asha"])
    with contextlib.closing(sqlite3.connect(path / "experiment.sqlite")) as shell, shell:
        key = "UPDATE experiment SET value = replace(value, ?, ?) WHERE key = 'header'"
        shell.execute(key, ('"max_resource":9', '"max_resource":9,"reduction_factor":4'))
    assert command_line(["replay", str(path)]) == 1
    out = capsys.readouterr().out
    assert "would be decided otherwise" in out
    assert "then: Proceed" in out
