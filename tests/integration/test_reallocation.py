"""Resources of live trials are changed on a real cluster, which never stands still over it."""

import json
import time
from pathlib import Path

import pytest
import ray

import tunesmith as tune
from tunesmith.protocols import Resources

SHARE = 0.5
"""What a trial usually holds, so that the two CPUs of the tests' cluster hold four."""


class Learner:
    """Trains for a moment, and tells what it was promised and what it really holds."""

    def setup(self, config):
        self.epochs, self.epoch = config["epochs"], 0

    def step(self):
        time.sleep(0.03)
        self.epoch += 1
        return {
            "loss": 1 / (self.epochs + self.epoch),
            "promised": tune.get_context().resources.bundles[0]["cpu"],
            "held": ray.get_runtime_context().get_assigned_resources().get("CPU", 0.0),
            "done": self.epoch >= self.epochs,
        }

    def save_checkpoint(self, directory):
        (Path(directory) / "epoch").write_text(json.dumps(self.epoch))

    def load_checkpoint(self, directory):
        self.epoch = json.loads((Path(directory) / "epoch").read_text())


def run(storage, **options):
    """Run six trials of different length, of which four fit at once."""
    return tune.run(
        Learner,
        {"epochs": tune.grid_search([6, 8, 10, 20, 30, 40])},
        metric="loss",
        mode="min",
        stop=lambda trial_id, metrics: metrics["done"],
        scheduler={"name": "resource-changing", "total": {"cpu": 2}, "interval": 4, **options},
        resources={"cpu": SHARE},
        max_concurrent=4,
        num_samples=1,
        executor="ray",
        storage=storage,
        seed=1,
        verbose=0,
    )


@pytest.mark.parametrize("rule", ["distribute", "top"])
def test_trials_get_what_stands_idle(running_ray, tmp_path, rule):
    """All come to their end, each CPU promised is held, and the last trial trains on more."""
    results = run(tmp_path, rule=rule)
    assert [trial.status for trial in results] == ["completed"] * 6
    for trial in results:
        assert trial.iterations == trial.config["epochs"]
        assert all(row["held"] == row["promised"] for row in trial.history)
    most = [max(row["promised"] for row in trial.history) for trial in results]
    assert max(most) >= 3 * SHARE
    assert {row["promised"] for row in results[0].history} == {SHARE}


def test_a_trial_that_no_node_has_room_for_goes_on_as_usual(running_ray, tmp_path):
    """A rule and a total that promise more than there is cost a restart, and no trial."""
    results = run(tmp_path, rule=lambda view: Resources(({"cpu": 64.0},)), total={"cpu": 1000})
    assert [trial.status for trial in results] == ["completed"] * 6
    assert {row["held"] for trial in results for row in trial.history} == {SHARE}
    assert {row["promised"] for trial in results for row in trial.history} == {SHARE}
