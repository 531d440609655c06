"""A run is steered from another process while it goes on, and remembers it."""

import json
import time

import pytest

import tunesmith as tune
from tunesmith._cli.main import run as tunesmith

CODE = """
import sys
import time
from pathlib import Path

import tunesmith as tune

PLACE = Path(__file__).parent


class Told:
    def on_result(self, trial, result):
        print("told", trial.id, int(result.resource), flush=True)


class Train:
    def setup(self, config):
        self.x, self.steps = config["x"], 0

    def step(self):
        time.sleep(0.05)
        self.steps += 1
        return {"loss": self.x / self.steps, "done": Path(PLACE, "go").exists()}

    def save_checkpoint(self, directory):
        Path(directory, "steps").write_text(str(self.steps))

    def load_checkpoint(self, directory):
        self.steps = int(Path(directory, "steps").read_text())


if __name__ == "__main__":
    results = tune.run(
        Train,
        {"x": tune.uniform(0, 1), "act": tune.choice(["relu", "tanh"])},
        metric="loss",
        mode="min",
        num_samples=2,
        stop={"done": True},
        executor=sys.argv[1],
        resources={"cpu": 1},
        max_concurrent=2,
        name="steered",
        seed=1,
        verbose=0,
        callbacks=[Told()],
    )
    print("returned", results.state, results.reason, flush=True)
"""


@pytest.fixture
def program(tmp_path, monkeypatch):
    path = tmp_path / "program.py"
    path.write_text(CODE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return path


@pytest.fixture
def steer(capsys):
    """Run a command on the run; return its exit code and what it printed."""

    def command(name, *arguments):
        code = tunesmith([name, "runs/steered", *map(str, arguments)])
        return code, "".join(capsys.readouterr()).strip()

    return command


def status(trial):
    return tune.load("runs/steered")[trial].status


def until(condition):
    """Wait for something that is bound to come; a loaded machine is no failure."""
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


@pytest.mark.parametrize("executor", ["inline", pytest.param("ray", marks=pytest.mark.slow)])
def test_a_run_is_steered_and_remembers_it(start, program, tmp_path, steer, executor):
    """Pause, unpause, stop, enqueue and extend are answered, done, and told by the journal."""
    running = start(program, executor)
    running.wait_for("told 0001 3")
    assert steer("pause", "1", "--reason", "to look at it") == (0, "trial 1 is paused")
    until(lambda: status("0001") == "paused")
    assert tune.load("runs/steered")["0001"].reason == "to look at it"
    reached = tune.load("runs/steered")["0001"].last_metrics["training_iteration"]
    assert steer("pause", "1")[0] == 2
    assert steer("unpause", "1") == (0, "trial 1 goes on")
    assert steer("stop", "2") == (0, "trial 2 is stopped")
    running.wait_for(f"told 0001 {reached + 1}")
    until(lambda: status("0002") == "stopped")
    code, text = steer("stop", "2")
    assert (code, "trial 0002 is stopped; stop takes one that is" in text) == (2, True)

    (tmp_path / "mine.json").write_text(json.dumps({"x": 0.25}))
    assert steer("enqueue", "mine.json") == (0, "it is the next trial to be made")
    assert steer("extend", "--num-samples", 4) == (0, "the run goes on to that")
    code, text = steer("extend", "--num-samples", 1)
    assert (code, "num_samples=1: the run has" in text) == (2, True)
    (tmp_path / "go").touch()
    running.wait_for("returned completed")
    running.end()

    results = tune.load("runs/steered")
    assert results.counts == {"completed": 3, "stopped": 1}
    assert [trial.config["x"] for trial in results].count(0.25) == 1
    iterations = [row["training_iteration"] for row in results["0001"].history]
    assert iterations == sorted(set(iterations))
    assert iterations == list(range(1, len(iterations) + 1))
    assert tunesmith(["replay", "runs/steered"]) == 0
    code, story = steer("story", "1")
    assert "a person asked: pause: to look at it" in story


def test_requests_wait_for_a_run_that_is_not_under_way(start, program, tmp_path, steer):
    """Left for a run that ended with nothing but a paused trial, they are seen to by its resume."""
    running = start(program, "inline")
    running.wait_for("told 0001 2")
    steer("pause", "1")
    (tmp_path / "go").touch()
    running.wait_for("returned stopped")
    assert "nothing can go on but what a person paused: 0001" in running.lines[-1]
    running.end()
    told = (0, "the run is not under way; it will see to it when it is resumed: ")
    assert steer("unpause", "1") == (told[0], f"{told[1]}tunesmith resume runs/steered")
    again = start("-m", "tunesmith", "resume", "runs/steered", "--trainable", "program:Train")
    assert again.end() == 0
    assert tune.load("runs/steered").counts == {"completed": 2}


def test_a_configuration_is_enqueued_as_text(steer, tmp_path, monkeypatch):
    """Without a file; a run that ended tries it when it is resumed."""
    monkeypatch.chdir(tmp_path)
    fixed = {"metric": "value", "mode": "min", "executor": "inline", "verbose": 0}
    space = {"x": tune.uniform(0, 1)}
    tune.run(lambda config: config["x"], space, name="steered", num_samples=1, **fixed)
    assert steer("enqueue", '{"x": 0.25}')[0] == 0
    again = tune.resume("runs/steered", lambda config: config["x"], verbose=0)
    assert [trial.config["x"] for trial in again][1:] == [0.25]


def test_a_paused_run_goes_on_where_it_was(start, program, tmp_path, steer):
    """No trial runs while it is paused, and the driver waits."""
    running = start(program, "inline")
    running.wait_for("told 0001 2")
    assert steer("pause") == (0, "the run is paused")
    until(lambda: status("0001") != "running")
    before = len(tune.load("runs/steered")["0001"].history)
    time.sleep(0.5)
    assert len(tune.load("runs/steered")["0001"].history) == before
    assert steer("unpause") == (0, "the run goes on")
    (tmp_path / "go").touch()
    running.wait_for("returned completed")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["enqueue", "missing.json"], "cannot read 'missing.json'"),
        (["enqueue", "broken.json"], "'broken.json' is no JSON"),
        (["enqueue", "list.json"], "expected a JSON object"),
        (["enqueue", "outside.json"], "config: "),
        (["enqueue", '{"x": 7}'], "config: "),
        (["enqueue", '{"x": '], "is no JSON"),
        (["enqueue", "x=1"], "give a JSON file, or a configuration itself, as in '{"),
        (["stop"], "the run is not under way, but completed: there is nothing to stop"),
        (["stop", "9"], "there is no trial '0009'; `tunesmith trials "),
        (["boost", "abc"], "there is no trial '0abc'"),
        (["extend"], "give --num-samples or --time-budget"),
        (["extend", "--num-samples", "0"], "num_samples=0 is no number of trials"),
        (["boost"], "Missing argument 'TRIAL'"),
    ],
)
def test_what_makes_no_sense_is_refused_at_once(tmp_path, monkeypatch, steer, command, message):
    """By the command itself, with what is wrong; nothing is left in the run."""
    monkeypatch.chdir(tmp_path)
    for name, text in {"broken": "{", "list": "[1]", "outside": '{"x": 7}'}.items():
        (tmp_path / f"{name}.json").write_text(text)
    tune.run(
        lambda config: config["x"],
        {"x": tune.uniform(0, 1)},
        metric="value",
        mode="min",
        num_samples=1,
        executor="inline",
        name="steered",
        verbose=0,
    )
    code, text = steer(*command)
    assert code == 2
    assert message in text
