"""Whole experiments: simulated, cut off and resumed."""

import contextlib
import json
import shutil
import sqlite3
from pathlib import Path

import pytest

import tunesmith as tune


class Learner:
    """Trains the faster the more CPUs it holds, and tells how many those are."""

    def setup(self, config):
        """Begin."""
        self.config, self.epoch, self.clock = config, 0, 0.0

    def step(self):
        """Train for an epoch."""
        cpus = tune.get_context().resources.bundles[0]["cpu"]
        self.epoch += 1
        self.clock += 1.0 / cpus
        loss = self.config["level"] + 1 / self.epoch
        return {"loss": loss, "cpus": cpus, "elapsed_s": self.clock}

    def save_checkpoint(self, directory):
        """Save."""
        (Path(directory) / "state").write_text(json.dumps([self.epoch, self.clock]))

    def load_checkpoint(self, directory):
        """Load."""
        self.epoch, self.clock = json.loads((Path(directory) / "state").read_text())


@pytest.fixture
def simulate(tmp_path):
    """Run `Learner` on four simulated workers."""

    def simulate(folder="one", callbacks=(), end=20, **options):
        return tune.run(
            Learner,
            {"level": tune.uniform(0, 1)},
            metric="loss",
            mode="min",
            scheduler={"name": "resource-changing", **options},
            num_samples=6,
            max_concurrent=4,
            stop={"training_iteration": end},
            callbacks=callbacks,
            executor={"name": "simulated", "workers": 4},
            storage=tmp_path / folder,
            name="run",
            seed=1,
            verbose=0,
        )

    return simulate


def journal(results):
    """Return what a run's journal holds, row by row."""
    with contextlib.closing(sqlite3.connect(Path(results.path) / "experiment.sqlite")) as db:
        rows = db.execute("SELECT at, kind, trial, body, decisions FROM events ORDER BY seq")
        return rows.fetchall()


def test_spare_cpus_make_the_experiment_shorter(simulate):
    """Training code sees what it holds, and the last trials finish sooner for it."""
    results = simulate(interval=2)
    assert {trial.status for trial in results} == {"completed"}
    assert all(trial.iterations == 20 for trial in results)
    held = {row["cpus"] for trial in results for row in trial.history}
    assert {1.0, 2.0} <= held <= {1.0, 2.0, 3.0, 4.0}
    assert journal(results)[-1][0] < 38  # two rounds of 20 s with one CPU each take 40 s
    (story,) = [t for t in results if t.history[-1]["cpus"] == max(held)][:1]
    assert [row["training_iteration"] for row in story.history] == list(range(1, 21))


def test_the_leader_gets_it(simulate):
    """With "top", whoever is best when nothing more comes trains with the spare CPUs."""
    results = simulate(interval=2, rule="top", total={"cpu": 8})
    most = {trial.id: max(row["cpus"] for row in trial.history) for trial in results}
    assert max(most.values()) >= 5
    last = [trial for trial in results if most[trial.id] > 1]
    assert results.best.id in {trial.id for trial in last}


def test_around_asha_the_same_trials_go_on(simulate):
    """Rungs are where ASHA has them, looks in between change none of its decisions' places."""
    results = simulate(scheduler={"name": "asha", "max_resource": 20}, interval=2, end=99)
    assert {trial.iterations for trial in results} <= {1, 3, 9, 20}
    assert {trial.reason for trial in results if trial.iterations == 20} == {
        "reached max_resource=20"
    }


def test_the_same_seed_gives_the_same_journal(simulate):
    """Reallocations are as reproducible as everything else."""
    first, second = simulate("one", interval=3), simulate("two", interval=3)
    assert journal(first) == journal(second)


class Copier:
    """Keeps a copy of the run folder as it was at every 17th result."""

    def __init__(self, place):
        self.place, self.heard = place, 0

    def on_experiment_start(self, experiment):
        """Note where the run is."""
        self.source = Path(experiment.storage, experiment.name)

    def on_result(self, trial, result):
        """Copy it, now and then."""
        self.heard += 1
        if self.heard % 17 == 0:
            shutil.copytree(self.source, self.place / str(self.heard))


def test_a_run_that_was_cut_off_ends_as_the_uninterrupted_one(simulate, tmp_path):
    """Killed anywhere and resumed, every trial has the same results at the same times."""
    whole = simulate(interval=3, rule="top", callbacks=[Copier(tmp_path / "copies")])
    copies = sorted((tmp_path / "copies").iterdir())
    assert len(copies) > 3
    for copy in copies:
        resumed = tune.resume(copy, trainable=Learner, verbose=0)
        assert stories(resumed) == stories(whole)


def stories(results):
    """Return what must not differ."""
    return [(trial.id, trial.status, trial.history) for trial in results]
