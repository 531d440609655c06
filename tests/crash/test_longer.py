"""A run goes on to more than it was to: further, with other limits, with trials that were over."""

import contextlib
import itertools
import sqlite3
from pathlib import Path

import pytest

import tunesmith as tune
from tunesmith import UsageError
from tunesmith._cli.main import run as tunesmith
from tunesmith._journal.reader import Reader
from tunesmith._run.assembly import engine_of
from tunesmith._run.record import experiment_of
from tunesmith.plugins import default_registry

SPACE = {"x": tune.uniform(-1, 1)}


class Curve:
    """Trains as long as it is let, and can be saved."""

    def setup(self, config):
        self.x, self.epoch = config["x"], 0

    def step(self):
        self.epoch += 1
        return {"loss": self.x**2 + 1 / self.epoch, "epoch": self.epoch}

    def save_checkpoint(self, directory):
        Path(directory, "epoch").write_text(str(self.epoch), encoding="utf-8")

    def load_checkpoint(self, directory):
        self.epoch = int(Path(directory, "epoch").read_text(encoding="utf-8"))


def curve(config):
    """Report the same curve, without an end and without checkpoints."""
    for epoch in itertools.count(1):
        yield {"loss": config["x"] ** 2 + 1 / epoch, "epoch": epoch}


def run(folder, name, trainable=Curve, **options):
    """Run trials one after the other, with all their checkpoints kept."""
    given = {
        "metric": "loss",
        "mode": "min",
        "executor": "inline",
        "num_samples": 30,
        "seed": 3,
        "checkpoint": tune.CheckpointConfig(keep=None, every=1),
        **options,
    }
    return tune.run(trainable, SPACE, storage=folder, name=name, verbose=0, **given)


def rungs(folder, scheduler):
    """Return the table of rungs after a run: each level's values, in the order of their ranks."""
    with contextlib.closing(Reader(folder)) as reader:
        settings = {"trainable": Curve, "executor": "inline"}
        experiment = experiment_of(reader.header, reader.folder, settings)
        engine = engine_of(experiment, reader.header, default_registry())
        for _, event in reader.events():
            engine.handle(event)
    judge = engine._gate._scheduler
    if scheduler["mode"] == "stopping":
        tables = dict(zip(judge._ladders.levels[0], judge._state.scores[0], strict=False))
    else:
        tables = {rung.level: rung.scores for rung in judge._state.rungs}
    return {
        level: [score[0] for block in table.blocks for score in block]
        for level, table in tables.items()
    }


@pytest.mark.parametrize("mode", ["stopping", "promotion"])
def test_asha_extended_has_the_rungs_of_one_that_was_to_go_so_far(tmp_path, mode):
    """From 27 to 81: rungs, trials, and what each of them reported, are those of a fresh run.

    The promoting variant takes the trials in another order, so that only its lower rungs, which all
    trials pass in the order of their suggestion, are alike.
    """
    short, long = ({"name": "asha", "max_resource": top, "mode": mode} for top in (27, 81))
    run(tmp_path, "short", scheduler=short)
    extended = tune.resume(tmp_path / "short", Curve, max_resource=81, verbose=0)
    fresh = run(tmp_path, "fresh", scheduler=long)
    reached = {trial.id: trial.last_metrics["epoch"] for trial in fresh}
    table, wanted = (rungs(tmp_path / name, long) for name in ("short", "fresh"))
    assert max(trial.last_metrics["epoch"] for trial in extended) == 81
    if mode == "stopping":
        assert table == wanted
        assert {trial.id: trial.last_metrics["epoch"] for trial in extended} == reached
    else:
        assert sorted(table) == [1, 3, 9, 27]
        assert table[1] == wanted[1]
    for trial in extended:
        epochs = [row["epoch"] for row in trial.history]
        assert epochs == list(range(1, len(epochs) + 1))
    assert tunesmith(["replay", str(tmp_path / "short")]) == 0


def test_a_stop_criterion_on_the_resource_is_extended(tmp_path):
    """Without a scheduler: trials that had come to the end go on from their checkpoints."""
    run(tmp_path, "r", num_samples=3, stop={"training_iteration": 4})
    results = tune.resume(tmp_path / "r", Curve, max_resource=6, verbose=0)
    assert [len(trial.history) for trial in results] == [6, 6, 6]
    assert {trial.status for trial in results} == {"completed"}
    again = tune.resume(tmp_path / "r", Curve, max_resource=7, num_samples=4, verbose=0)
    assert [len(trial.history) for trial in again] == [7, 7, 7, 7]
    assert tunesmith(["replay", str(tmp_path / "r")]) == 0


def test_an_extension_is_no_less_exact_when_it_is_cut(tmp_path):
    """After any event from the extension on; what was to be revived and was not yet, is."""
    scheduler = {"name": "asha", "max_resource": 9}
    run(tmp_path, "r", curve, scheduler=scheduler, num_samples=9)
    with sqlite3.connect(tmp_path / "r" / "experiment.sqlite") as connection:
        before = connection.execute("SELECT max(seq) FROM events").fetchone()[0]
    connection.close()
    whole = tune.resume(tmp_path / "r", curve, max_resource=27, verbose=0)
    told = [(t.id, t.status, [row["epoch"] for row in t.history]) for t in whole]
    journal = tmp_path / "r" / "experiment.sqlite"
    bytes_ = journal.read_bytes()
    with sqlite3.connect(journal) as connection:
        last = connection.execute("SELECT max(seq) FROM events").fetchone()[0]
    connection.close()
    for number in range(before + 2, last, 3):
        journal.write_bytes(bytes_)
        with sqlite3.connect(journal) as connection:
            connection.execute("DELETE FROM events WHERE seq > ?", (number,))
        connection.close()
        results = tune.resume(tmp_path / "r", curve, verbose=0)
        found = [(t.id, t.status, [row["epoch"] for row in t.history]) for t in results]
        assert found == told, f"cut after event {number}"


@pytest.mark.parametrize(
    ("options", "length", "message"),
    [
        (
            {"scheduler": {"name": "hyperband", "max_resource": 9}},
            27,
            "'hyperband' takes up no trials",
        ),
        ({"stop": {"training_iteration": 4}}, 3, "trials train up to 4 already"),
        ({"stop": {"epoch": 4}}, 9, "neither stop= nor the scheduler ends trials"),
        ({"stop": {"training_iteration": 4}}, -1, "expected a number above 0"),
    ],
)
def test_an_extension_that_cannot_be_is_refused(tmp_path, options, length, message):
    """With the reason, and the run stays as it was."""
    run(tmp_path, "r", num_samples=2, **options)
    size = len((tmp_path / "r" / "experiment.sqlite").read_bytes())
    with pytest.raises(UsageError, match=message):
        tune.resume(tmp_path / "r", Curve, max_resource=length, verbose=0)
    assert len((tmp_path / "r" / "experiment.sqlite").read_bytes()) == size


class Fragile(Curve):
    """Fails at its fifth epoch until it is mended."""

    mended = False

    def step(self):
        if self.epoch == 4 and not Fragile.mended and self.x > 0:
            raise RuntimeError("no such file: data.csv")
        return super().step()


def test_failed_trials_are_retried_from_where_they_were(tmp_path, monkeypatch):
    """Once the cause is mended; the others stay as they are."""
    options = {"stop": {"training_iteration": 8}, "failure": tune.FailureConfig()}
    broken = run(tmp_path, "r", Fragile, num_samples=8, **options)
    failed = [trial.id for trial in broken if trial.status == "failed"]
    assert 0 < len(failed) < 8
    monkeypatch.setattr(Fragile, "mended", True)
    results = tune.resume(tmp_path / "r", Fragile, revive="failed", verbose=0)
    assert results.counts == {"completed": 8}
    assert all(len(trial.history) == 8 for trial in results)
    assert [results[trial].error for trial in failed] == [None] * len(failed)
    assert tunesmith(["replay", str(tmp_path / "r")]) == 0


def test_trials_that_were_stopped_can_go_on(tmp_path):
    """By number: they train from where they were to the scheduler's next decision, and beyond."""
    results = run(tmp_path, "r", scheduler={"name": "asha", "max_resource": 9}, num_samples=9)
    stopped = next(trial for trial in results if trial.status == "stopped")
    before = len(stopped.history)
    results = tune.resume(tmp_path / "r", Curve, revive=[stopped.id], verbose=0)
    assert len(results[stopped.id].history) > before
    epochs = [row["epoch"] for row in results[stopped.id].history]
    assert epochs == list(range(1, len(epochs) + 1))


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("faild", "expected 'completed', 'stopped', 'failed', 'all', or a list"),
        (["7"], "trial 0007 is not there, not over"),
    ],
)
def test_trials_that_cannot_go_on_are_named(tmp_path, wanted, message):
    """What is no status and no trial is refused."""
    run(tmp_path, "r", num_samples=2, stop={"training_iteration": 2})
    with pytest.raises(UsageError, match=message):
        tune.resume(tmp_path / "r", Curve, revive=wanted, verbose=0)


def test_a_scheduler_that_cannot_take_trials_up_says_so(tmp_path):
    """Its rounds are over."""
    run(tmp_path, "r", num_samples=3, scheduler={"name": "hyperband", "max_resource": 9})
    with pytest.raises(UsageError, match="'hyperband' takes up no trials that are over"):
        tune.resume(tmp_path / "r", Curve, revive="all", verbose=0)


def test_what_to_do_about_failures_can_be_changed(tmp_path, monkeypatch):
    """From then on, and at later resumes too."""
    monkeypatch.setattr(Fragile, "mended", False)
    options = {"stop": {"training_iteration": 8}, "num_samples": 2}
    run(tmp_path, "r", Fragile, **options)
    failure = tune.FailureConfig(max_retries={"user_error": 2}, stop_after_identical=None)
    more = tune.resume(tmp_path / "r", Fragile, failure=failure, num_samples=6, verbose=0)
    attempts = {trial.id: trial.attempts for trial in more if trial.status == "failed"}
    assert {attempts[trial] for trial in attempts if trial > "0002"} == {3}
    again = tune.resume(tmp_path / "r", Fragile, num_samples=16, verbose=0)
    late = {trial.attempts for trial in again if trial.status == "failed" and trial.id > "0006"}
    assert late == {3}
