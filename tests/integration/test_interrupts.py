"""Ctrl-C in a terminal: SIGINT reaches every process of the program at once."""

import pytest

import tunesmith as tune

CODE = """
import sys
import time

import tunesmith as tune


class Told:
    def on_result(self, trial, result):
        print("told", trial.id, int(result.resource), flush=True)


def train(config):
    for epoch in range(1000):
        yield {"loss": 1 / (epoch + 1)}
        time.sleep(config["pace"])


def tuned(name, pace, executor):
    return tune.run(
        "program:train",
        {"x": tune.uniform(0, 1), "pace": pace},
        metric="loss",
        mode="min",
        num_samples=4,
        executor=executor,
        name=name,
        callbacks=[Told()],
    )


if __name__ == "__main__":
    if sys.argv[1] == "ray":
        import ray
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    results = tuned("once", 0.05, sys.argv[1])
    print("returned", results.state, flush=True)
    try:
        tuned("twice", 600, sys.argv[1])
    except KeyboardInterrupt:
        print("raised", flush=True)
"""


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(CODE, encoding="utf-8")
    return path


def told(lines):
    return {tuple(line.split()[1:]) for line in lines if line.startswith("told ")}


def recorded(results):
    return {
        (trial.id, str(row["training_iteration"])) for trial in results for row in trial.history
    }


@pytest.mark.parametrize("executor", ["inline", "ray"])
def test_once_stops_cleanly_twice_stops_now(start, program, tmp_path, executor):
    """Trials survive the terminal's SIGINT: first they end at a report, then where they are.

    Once: `tune.run` returns. Twice: KeyboardInterrupt, though the trials would sleep on. All that
    a callback was told is in the journal both times, and no trial failed.
    """
    running = start(program, executor)
    running.wait_for("told 0001 5")
    running.press_ctrl_c(until="stopping: ")
    running.wait_for("returned stopped")
    once = tune.load(tmp_path / "runs" / "once")
    assert (once.state, once.reason) == ("stopped", "stopped with Ctrl-C")
    assert told(running.lines) <= recorded(once)
    assert {trial.status for trial in once} <= {"pending", "paused"}
    assert "stopping: running trials end at their next report" in "\n".join(running.lines)

    running.lines.clear()
    running.wait_for("told 0001 1")
    running.press_ctrl_c(until="stopping: ")
    running.press_ctrl_c(until="raised")
    assert running.end() == 0
    twice = tune.load(tmp_path / "runs" / "twice")
    assert (twice.state, twice.reason) == ("stopped", "stopped with Ctrl-C, at once")
    assert told(running.lines) <= recorded(twice)
    assert {trial.status for trial in twice} <= {"pending", "paused"}


@pytest.mark.parametrize(("pace", "presses"), [(0.05, 1), (600, 2)])
def test_the_command_line_exits_with_130(start, program, pace, presses):
    """`tunesmith run` tells where the run is, and ends with the code that shells expect."""
    running = start(
        *("-m", "tunesmith", "run", "program:train", "--param", f"pace={pace}"),
        *("--param", "x=uniform(0, 1)", "--metric", "loss", "--mode", "min", "--name", "cli"),
        *("--num-samples", "1", "--executor", "inline", "--verbose", "2"),
    )
    running.wait_for("best loss=")
    running.press_ctrl_c(until="stopping: ")
    if presses == 2:
        running.press_ctrl_c(until="run: runs/cli")
    else:
        running.wait_for("run: runs/cli")
    assert running.end() == 130
    assert "Traceback" not in "\n".join(running.lines)
