"""SIGTERM, as from a machine about to be taken away: trials save themselves where they stand."""

import contextlib
import random
import signal
import time

import pytest
from crash.careful import EPOCHS, SELDOM, losses, notes
from crash.conftest import Victim

import tunesmith as tune
from tunesmith._cli.main import run as tunesmith


def preempted(storage, rng, *arguments):
    """Start or go on with the run, and terminate its driver while trials run."""
    driver = Victim(storage, *arguments, program="careful.py")
    try:
        driver.wait_for(rng.randrange(1, 15))
        time.sleep(rng.random() * 0.1)
        driver.process.send_signal(signal.SIGTERM)
        assert driver.wait_for_end() == 0, driver.errors.read_text()
        assert "SIGTERM" not in driver.errors.read_text()
    finally:
        driver.kill()
    return driver


def standing(folder):
    """Return the epoch of each trial that was interrupted, its newest checkpoint being as new."""
    with contextlib.closing(tune.load(folder)) as results:
        assert (results.state, results.reason) == ("stopped", "stopped with SIGTERM")
        assert {trial.status for trial in results} <= {"pending", "paused", "completed"}
        live = [trial for trial in results if trial.history and trial.status != "completed"]
        for trial in live:
            newest = max(int(one.metadata()["resource"]) for one in trial.checkpoints)
            assert newest == len(trial.history)
        return {trial.id: len(trial.history) for trial in live}


def begins(diary):
    """Return all attempts, with the epoch from which they went on."""
    return {
        (note.trial, note.attempt): note.epoch
        for each in notes(diary).values()
        for note in each
        if note.word == "begins"
    }


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("executor", "seed"), [("inline", 1), ("ray", 2)])
def test_a_terminated_run_goes_on_from_where_it_stood(tmp_path, cluster, executor, seed):
    """Every trial is saved at its last report and goes on from that very epoch: nothing is lost."""
    rng, folder, diary = random.Random(seed), tmp_path / "victim", tmp_path / "diary"
    arguments = [executor, "seldom", "24", *([cluster] if executor == "ray" else [])]
    stood, known, apart = {}, {}, 0
    for _ in range(4):
        driver = preempted(tmp_path, rng, *arguments)
        assert driver.said[0].startswith("ended stopped")
        came = {key: epoch for key, epoch in begins(diary).items() if key not in known}
        assert {trial: epoch for (trial, _), epoch in came.items()} == {
            trial: stood.get(trial, 0) for trial, _ in came
        }
        assert {trial for trial, _ in came} >= set(stood)
        known |= came
        stood = standing(folder)
        apart += sum(epoch != SELDOM for epoch in stood.values())
    assert apart > 0, "all stood where they would have been saved anyway"
    with contextlib.closing(tune.resume(folder, callbacks=[], executor=executor, verbose=0)) as end:
        assert end.counts == {"completed": 24}
        for trial in end:
            assert [row["loss"] for row in trial.history] == losses(trial.config["x"], EPOCHS)
    assert tunesmith(["replay", str(folder)]) == 0
    print(f"{apart} trials were saved where they would not have been")
