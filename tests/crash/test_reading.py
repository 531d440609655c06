"""Anyone can read a run: while it goes on, moved elsewhere, with nothing installed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import tunesmith as tune

BYSTANDER = Path(__file__).parent / "bystander.py"


def read_as_stranger(folder):
    """Have a process without plugins, libraries or training code read the run."""
    env = {**os.environ, "TUNESMITH_PLUGINS": ""}
    done = subprocess.run(
        [sys.executable, str(BYSTANDER), str(folder)],
        capture_output=True,
        text=True,
        env=env,
        cwd="/",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_live_run_is_read_from_another_process(victim, check):
    """While the driver writes, others see it running, and ever more of it."""
    run = victim("inline")
    run.wait_for(60)
    shown = list(run.shown)
    told = read_as_stranger(run.folder)
    assert told["state"] == "running"
    for trial, resource, loss in shown:
        assert told["trials"][trial]["history"][resource - 1] == loss
    results = tune.load(run.folder)
    before = sum(len(trial.history) for trial in results)
    run.wait_for(before + 1)
    assert sum(len(trial.history) for trial in results.refresh()) > before
    results.close()
    run.kill()
    check(run)


def test_a_moved_run_is_read_with_nothing_installed(victim, check, tmp_path):
    """Plugins, libraries and the training code gone, nothing unpickled: all is still there."""
    run = victim("inline")
    run.wait_for(80)
    run.kill()
    moved = tmp_path / "far" / "away"
    moved.parent.mkdir()
    run.folder.rename(moved)
    told = read_as_stranger(moved)
    assert told["state"] == "interrupted"
    assert told["hidden"] == []
    for trial, resource, loss in run.shown:
        assert told["trials"][trial]["history"][resource - 1] == loss
    for trial in told["trials"].values():
        assert all(path.startswith(f"{moved}/") for path in trial["checkpoints"])
    check(run, moved)


def test_a_copy_of_a_live_run_is_read(victim, tmp_path):
    """A folder copied while the driver writes is a run of its own, interrupted at that point."""
    run = victim("inline")
    run.wait_for(60)
    shown = list(run.shown)
    copy = tmp_path / "copy"
    shutil.copytree(run.folder, copy, ignore=shutil.ignore_patterns("trials"))
    told = read_as_stranger(copy)
    for trial, resource, loss in shown:
        assert told["trials"][trial]["history"][resource - 1] == loss
    assert tune.load(run.folder).state == "running"
