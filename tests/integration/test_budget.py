"""Checkpoints never take more than their budget, by more than the one that was just saved."""

from pathlib import Path

import pytest

import tunesmith as tune

SIZE = 10_000
SPARE = 1_000
"""What a checkpoint's own metadata take, and more."""


class Heavy:
    """Learns a number, slowly, and remembers it in a large file."""

    def setup(self, config):
        self.rate, self.score = config["rate"], 0.0

    def step(self):
        self.score += self.rate
        return {"score": self.score}

    def save_checkpoint(self, directory):
        Path(directory, "score").write_text(f"{self.score!r}".ljust(SIZE))

    def load_checkpoint(self, directory):
        self.score = float(Path(directory, "score").read_text())


class Scales:
    """Weighs what checkpoints there are whenever a trial reports."""

    heaviest = 0

    def on_experiment_start(self, experiment):
        self.folder = Path(experiment.storage) / experiment.name

    def on_result(self, trial, result):
        files = self.folder.glob("trials/*/checkpoints/*/*")
        self.heaviest = max(self.heaviest, sum(file.stat().st_size for file in files))


@pytest.mark.parametrize(
    ("scheduler", "needed"),
    [
        ({"name": "pbt", "population_size": 6, "interval": 2, "explore": "noise"}, 6),
        ({"name": "asha", "max_resource": 9, "mode": "promotion"}, 12),
    ],
    ids=["pbt", "promotion"],
)
def test_a_budget_holds_and_nothing_needed_is_lost(tmp_path, scheduler, needed):
    """With clones, and with trials that are resumed: all train on from where they were saved.

    The budget has room for one checkpoint a trial and two more. A trial that started from nothing
    where it should not have would have a lower score than its history says.
    """
    scales, budget = Scales(), (needed + 2) * (SIZE + SPARE)
    results = tune.run(
        Heavy,
        {"rate": tune.uniform(0, 1)},
        metric="score",
        mode="max",
        scheduler=scheduler,
        num_samples=needed,
        stop={"training_iteration": 18},
        executor="inline",
        max_concurrent=3,
        checkpoint=tune.CheckpointConfig(keep=None, budget=budget),
        storage=tmp_path,
        name="budget",
        callbacks=[scales],
        seed=1,
        verbose=0,
    )
    assert results.state == "completed"
    assert 3 * SIZE < scales.heaviest <= budget + SIZE + SPARE
    for trial in results:
        scores = [row["score"] for row in trial.history]
        assert all(score > 0 for score in scores)
    best = results.best
    assert best.checkpoint is not None
    assert float((best.checkpoint / "score").read_text()) == best.metrics["score"]
