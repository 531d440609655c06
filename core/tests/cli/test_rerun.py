"""`tunesmith rerun`: one trial again, in sight, and nothing else touched."""

import io
import json
import os
import subprocess
import sys

import pytest

import tunesmith as tune
from tunesmith._cli import main
from tunesmith._run.results import load

BASE = ("--metric", "loss", "--mode", "min", "--executor", "inline", "-q")


def contents(folder):
    # The journal's readers share memory through a file beside it.
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".sqlite-shm")
    return {path: path.stat().st_mtime_ns for path in files}


@pytest.fixture
def run(tunesmith, folder):
    """Make a run of training code in the folder; returns where it is."""

    def make(target, param="x=uniform(0, 0.5)", *options):
        tunesmith("run", target, "--param", param, *BASE, "--num-samples", 1, *options)
        (path,) = (folder / "runs").iterdir()
        return path

    return make


def test_a_trial_runs_again_in_sight(tunesmith, run):
    """The same configuration runs from the start; what it prints and reports is shown."""
    path = run("cli_code:train")
    before, x = contents(path), load(path)[0].config["x"]
    done = tunesmith("rerun", path, "1")
    assert (done.code, done.err) == (main.OK, "")
    lines = done.out.splitlines()
    assert lines[0] == f"trial 0001: x={x:.4g}"
    assert lines[1:3] == ["epoch 0", f"loss={x + 1:.4g}, training_iteration=1"]
    assert lines[-1] == "completed"
    assert contents(path) == before


def test_what_a_console_cannot_show_fails_no_trial(folder, run):
    """Training code that prints what standard output cannot encode trains, and is shown escaped."""
    code = 'def speak(config):\n    print("schön ✓")\n    return {"loss": config["x"]}\n'
    (folder / "spoken.py").write_text(code, encoding="utf-8")
    path = run("spoken:speak")
    command = [sys.executable, "-m", "tunesmith", "rerun", str(path), "1"]
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == main.OK, done.stderr
    assert "sch\\xf6n \\u2713" in done.stdout


def test_a_failing_trial_shows_the_users_traceback(tunesmith, run):
    """An exception is shown as it is, the training code's frames only; the exit code is 1."""
    done = tunesmith("rerun", run("cli_code:train", "x=uniform(0.95, 1)"), "0001")
    assert done.code == main.FAILED
    assert done.err.startswith("Traceback (most recent call last):\n")
    assert done.err.endswith("ValueError: x is too large\n")
    assert "tunesmith/_" not in done.err


def test_the_debugger_opens_where_a_trial_fails(tunesmith, run, monkeypatch):
    """--pdb stops in the frame that raised, with its variables."""
    path = run("cli_code:train", "x=uniform(0.95, 1)")
    monkeypatch.setattr("sys.stdin", io.StringIO("p 'epoch is', epoch\nquit\n"))
    done = tunesmith("rerun", path, "1", "--pdb")
    assert done.code == main.FAILED
    assert "('epoch is', 2)" in done.out


def test_a_trial_that_was_stopped_stops_there_again(tunesmith, folder):
    """Endless training code ends where the run ended it, or at --until."""
    tunesmith("run", "cli_code:experiment")
    done = tunesmith("rerun", "runs/endless", "2")
    assert done.out.splitlines()[-1] == "stopped: met its stop criterion"
    assert done.out.count("training_iteration=") == 4
    done = tunesmith("rerun", "runs/endless", "2", "--until", "6")
    assert done.out.splitlines()[-1] == "stopped: reached 6"


def test_from_its_checkpoint_into_a_folder(tunesmith, folder):
    """--from-checkpoint goes on from the newest one; --keep keeps what is saved meanwhile."""
    tunesmith("run", "cli_code:experiment")
    best = load("runs/endless").best.id
    before = contents(folder / "runs")
    arguments = ("rerun", "runs/endless", best, "--from-checkpoint", "--until", 6)
    done = tunesmith(*arguments, "--keep", "kept", "--json")
    assert done.code == main.OK
    told = json.loads(done.out)
    assert [report["training_iteration"] for report in told["reports"]] == [5, 6]
    assert [file.read_text() for file in folder.glob(f"kept/trials/{best}/*/*/steps")] == ["6"]
    assert contents(folder / "runs") == before
    again = tunesmith(*arguments, "--keep", "kept")
    assert (again.code, again.err) == (
        main.USAGE,
        "error: --keep 'kept' exists already; name a new folder\n",
    )


def test_json_carries_reports_and_error(tunesmith, run):
    """--json prints one object; what the trial prints goes to stderr."""
    done = tunesmith("rerun", run("cli_code:train", "x=uniform(0.95, 1)"), "1", "--json")
    told = json.loads(done.out)
    assert (done.code, told["status"], len(told["reports"])) == (main.FAILED, "failed", 2)
    assert told["error"].endswith("ValueError: x is too large\n")
    assert "epoch 2" in done.err


def test_code_without_an_import_path_has_to_be_named(tunesmith, folder):
    """A run of a local function says how to name its code, and takes it."""

    def local(config):
        return config["x"]

    tune.run(
        local,
        {"x": tune.uniform(0, 0.5)},
        metric="loss",
        mode="min",
        num_samples=1,
        executor="inline",
        name="local",
        verbose=0,
    )
    done = tunesmith("rerun", "runs/local", "1")
    assert done.code == main.USAGE
    assert "'local' has no import path: it was defined in the main script" in done.err
    assert "--trainable my_module:train" in done.err
    assert tunesmith("rerun", "runs/local", "1", "--trainable", "cli_code:train").code == main.OK


def test_what_is_not_there_is_said(tunesmith, run):
    """An unknown trial, and a checkpoint that was never saved, are usage errors."""
    path = run("cli_code:train")
    done = tunesmith("rerun", path, "7")
    assert (done.code, done.err) == (
        main.USAGE,
        "error: no trial '0007'; ids go from '0001' to '0001'\n",
    )
    done = tunesmith("rerun", path, "1", "--from-checkpoint")
    assert done.err == (
        "error: trial 0001 has no checkpoint to start from; leave out --from-checkpoint\n"
    )
