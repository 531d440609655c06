"""An inline driver killed at random moments loses nothing that it had shown."""

import random
import time

import pytest

import tunesmith as tune
from tunesmith._journal.log import Journal


@pytest.mark.parametrize("seed", range(15))
def test_kill_loses_no_result_that_was_shown(victim, check, seed):
    """After kill -9 every result a callback had seen is in the results and in the SQL view."""
    rng = random.Random(seed)
    run = victim("inline")
    run.wait_for(rng.randrange(1, 250))
    time.sleep(rng.random() * 0.02)
    run.kill()
    check(run)


@pytest.mark.parametrize("seed", range(4))
def test_a_run_killed_as_it_begins_is_readable_or_not_there(victim, seed):
    """Whenever the kill comes, the folder holds a run that can be read, or no run at all."""
    rng = random.Random(seed)
    run = victim("inline")
    begun = time.monotonic()
    while not run.folder.exists() and time.monotonic() - begun < 30:
        time.sleep(0.001)
    time.sleep(rng.random() * 0.05)
    run.kill()
    if (run.folder / "experiment.sqlite").exists():
        assert tune.load(run.folder).state == "interrupted"
        return
    with pytest.raises(tune.UsageError, match="no run at"):
        tune.load(run.folder)


def test_what_is_left_of_a_run_that_never_was_is_no_run(tmp_path):
    """Files of a driver killed before its journal was whole keep nobody from the run's name."""
    folder = tmp_path / "early"
    folder.mkdir()
    for name in ("experiment.lock", "experiment.sqlite.new", "experiment.sqlite.new-journal"):
        (folder / name).write_bytes(b"")
    with pytest.raises(tune.UsageError, match="no run at"):
        tune.load(folder)
    results = tune.run(
        lambda config: config["x"],
        {"x": tune.uniform(0, 1)},
        metric="loss",
        mode="min",
        num_samples=1,
        executor="inline",
        storage=tmp_path,
        name="early",
        verbose=0,
    )
    assert results.counts == {"completed": 1}
    assert not list(folder.glob("*.new*"))


def test_a_killed_run_can_be_taken_up_by_the_next_writer(victim, check):
    """The lock of a dead driver keeps nobody out, and what it left is a proper journal."""
    run = victim("inline")
    run.wait_for(50)
    with pytest.raises(tune.UsageError):
        Journal.open(run.folder)
    run.kill()
    journal = Journal.open(run.folder)
    assert len(list(journal.events())) > 50
    journal.close()
    check(run)
