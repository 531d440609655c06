"""Drivers and workers killed at random moments: the run comes to its end as if they had not been.

The moments are drawn from a seed. Saving takes longer than training, so that many a kill comes in
the middle of a checkpoint; the diary that the training code writes says which.
"""

import contextlib
import os
import random
import signal
import time
from pathlib import Path

import pytest
from crash.careful import EPOCHS, losses, notes
from crash.conftest import Victim

import tunesmith as tune
from tunesmith._cli.main import run as tunesmith
from tunesmith._journal.reader import Reader
from tunesmith.protocols.events import CheckpointSaved, Reported, TrialStarted

SAMPLES = {"fifo": 40, "stopping": 120, "promotion": 90}

LIVES = 10
"""How often one run's driver is killed."""

WORKERS = 12
"""How many worker processes of one run are killed."""


def killed(storage, rng, *arguments):
    """Start or go on with the run, kill its driver at a random moment; return what it was."""
    driver = Victim(storage, *arguments, program="careful.py")
    try:
        if rng.random() < 0.2:
            time.sleep(rng.uniform(0.2, 4.0))
        else:
            driver.wait_for(rng.randrange(1, 25))
            time.sleep(rng.random() * 0.1)
    finally:
        driver.kill()
    return driver


def check_history(folder, shown):
    """All that was shown is there; every trial's counter goes up by one, its state with it."""
    with contextlib.closing(tune.load(folder)) as results:
        histories = {trial.id: (trial.config["x"], trial.history) for trial in results}
    for x, history in histories.values():
        assert [row["training_iteration"] for row in history] == list(range(1, len(history) + 1))
        assert [row["loss"] for row in history] == losses(x, len(history))
    for trial, resource, loss in shown:
        assert histories[trial][1][resource - 1]["loss"] == loss


def check_starts(folder, diary):
    """Every attempt went on from the newest checkpoint there was, or from a newer one."""
    began = {
        (note.trial, note.attempt): note.epoch
        for each in notes(diary).values()
        for note in each
        if note.word == "begins"
    }
    newest, resumed = {}, 0
    reader = Reader(folder)
    for _, event in reader.events():
        if isinstance(event, CheckpointSaved):
            newest[event.trial] = max(newest.get(event.trial, 0), int(event.checkpoint.resource))
        elif isinstance(event, TrialStarted) and (event.trial, event.attempt) in began:
            assert began[event.trial, event.attempt] >= newest.get(event.trial, 0), event
            resumed += event.trial in newest
    reader.close()
    return resumed


def check_end(folder, samples, scheduler):
    """Every trial is accounted for, nothing failed, and no decision would be another one now."""
    with contextlib.closing(tune.load(folder)) as results:
        assert results.state == "completed"
        assert [trial.id for trial in results] == [f"{n:04d}" for n in range(1, samples + 1)]
        assert set(results.counts) <= {"completed", "stopped"}, results.counts
        ends = {len(trial.history) for trial in results if trial.status == "completed"}
    assert ends == {EPOCHS}
    if scheduler == "fifo":
        assert results.counts == {"completed": samples}
    reader = Reader(folder)
    told = [
        (event.trial, report.resource)
        for _, event in reader.events()
        if isinstance(event, Reported)
        for report in event.reports
    ]
    reader.close()
    assert len(told) == len(set(told))
    assert tunesmith(["replay", str(folder)]) == 0


def torn(diary):
    """Return how many processes died in the middle of a checkpoint."""
    return sum(each[-1].word == "saves" for each in notes(diary).values())


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("executor", "scheduler", "seed"),
    [
        ("ray", "fifo", 1),
        ("ray", "fifo", 2),
        ("ray", "stopping", 3),
        ("ray", "promotion", 4),
        ("ray", "promotion", 5),
        ("inline", "fifo", 6),
        ("inline", "promotion", 7),
    ],
)
def test_a_driver_may_be_killed_again_and_again(tmp_path, cluster, executor, scheduler, seed):
    """Ten kills of one run's drivers lose nothing that was shown, tear nothing, repeat nothing."""
    rng = random.Random(seed)
    samples = SAMPLES[scheduler]
    arguments = [executor, scheduler, str(samples), *([cluster] if executor == "ray" else [])]
    folder, diary = tmp_path / "victim", tmp_path / "diary"
    shown, counts = [], []
    for _ in range(LIVES):
        driver = killed(tmp_path, rng, *arguments)
        assert not driver.said, f"over after {len(counts)} kills"
        shown += driver.shown
        counts.append(len(driver.shown))
        if (folder / "experiment.sqlite").exists():
            assert tune.load(folder).state == "interrupted"
            check_history(folder, shown)
    assert len(shown) == len({(trial, resource) for trial, resource, _ in shown})
    tune.resume(folder, executor=executor, callbacks=[], verbose=0)
    check_history(folder, shown)
    check_end(folder, samples, scheduler)
    resumed = check_starts(folder, diary)
    print(f"shown {counts}, {resumed} went on from a checkpoint, {torn(diary)} died within one")
    assert resumed > 0
    assert torn(diary) > 0
    assert not list(folder.glob("trials/*/checkpoints/*.tmp*"))


def written(diary):
    """Return how many lines all diaries hold, and which of their writers are still alive."""
    found = notes(diary)
    living = [pid for pid in found if title(pid).startswith("ray::")]
    return sum(map(len, found.values())), sorted(living)


def title(pid):
    """Return what a process calls itself, "" if there is none."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def kill_a_worker(driver, diary, rng):
    """Wait until some work was done, and kill one of the processes that do it."""
    goal = written(diary)[0] + rng.randrange(1, 25)
    while True:
        driver.look()
        assert not driver.said, "over too early"
        done, living = written(diary)
        if done >= goal and living:
            break
        time.sleep(0.005)
    time.sleep(rng.random() * 0.05)
    with contextlib.suppress(ProcessLookupError):
        os.kill(rng.choice(living), signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("scheduler", "seed"), [("fifo", 11), ("promotion", 12)])
def test_workers_may_be_killed_again_and_again(tmp_path, cluster, scheduler, seed):
    """A dozen killed workers cost no result, no checkpoint and no trial, and the run goes on."""
    rng = random.Random(seed)
    samples = SAMPLES[scheduler]
    folder, diary = tmp_path / "victim", tmp_path / "diary"
    diary.mkdir()
    driver = Victim(tmp_path, "ray", scheduler, str(samples), cluster, program="careful.py")
    try:
        for _ in range(WORKERS):
            kill_a_worker(driver, diary, rng)
        assert driver.wait_for_end(timeout=120) == 0
    finally:
        driver.kill()
    assert driver.said == [f"ended completed {samples}"]
    check_history(folder, driver.shown)
    check_end(folder, samples, scheduler)
    resumed = check_starts(folder, diary)
    print(f"{resumed} went on from a checkpoint, {torn(diary)} died within one")
    assert len(notes(diary)) > WORKERS
    assert resumed > 0
    assert torn(diary) > 0
