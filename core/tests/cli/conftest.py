"""A folder with training code, and the command line run in it."""

import sys
from types import SimpleNamespace

import pytest

from tunesmith._cli import main

CODE = """
import tunesmith as tune


def train(config):
    for epoch in range(3):
        print("epoch", epoch)
        if config["x"] > 0.9 and epoch == 2:
            raise ValueError("x is too large")
        yield {"loss": config["x"] + 1 / (epoch + 1)}


def wrong(config):
    return {"los": config["x"]}


class Endless:
    def setup(self, config):
        self.x, self.steps = config["x"], 0

    def step(self):
        self.steps += 1
        return {"loss": self.x / self.steps}

    def save_checkpoint(self, directory):
        with open(f"{directory}/steps", "w") as file:
            file.write(str(self.steps))

    def load_checkpoint(self, directory):
        with open(f"{directory}/steps") as file:
            self.steps = int(file.read())


def interrupted(config):
    yield {"loss": 1.0}
    raise KeyboardInterrupt


experiment = tune.Experiment.create(
    "cli_code:Endless",
    {"x": tune.uniform(0, 1)},
    metric="loss",
    mode="min",
    num_samples=2,
    stop={"training_iteration": 4},
    executor="inline",
    name="endless",
    verbose=0,
)
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder, with a module `cli_code` in it."""
    (tmp_path / "cli_code.py").write_text(CODE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    sys.modules.pop("cli_code", None)


@pytest.fixture
def tunesmith(folder, capfd):
    """Run a command line in the folder; returns exit code, standard output and error."""

    def run(*arguments):
        code = main.run([str(argument) for argument in arguments])
        told = capfd.readouterr()
        return SimpleNamespace(code=code, out=told.out, err=told.err)

    return run
