"""A population that is cut off goes on as if it never had been."""

import shutil
from pathlib import Path

import pytest

import tunesmith as tune


class Copier:
    """Keeps a copy of the run folder as it was at every fourth event that callbacks hear of."""

    def __init__(self, place):
        self.place = place
        self.calls = 0

    def on_experiment_start(self, experiment):
        """Learn where the run is."""
        self.source = Path(experiment.storage, experiment.name)

    def _copy(self, *_):
        if self.calls % 4 == 0:
            shutil.copytree(self.source, self.place / f"{self.calls:04d}")
        self.calls += 1

    on_trial_start = on_result = on_checkpoint = on_trial_end = _copy


class Descent:
    """Approach the optimum faster the nearer the rate is to 0.3."""

    def setup(self, config):
        """Begin at 1."""
        self.rate, self.loss = config["rate"], 1.0

    def step(self):
        """Come nearer."""
        self.loss *= 0.9 + abs(self.rate - 0.3) / 10
        return {"loss": self.loss}

    def save_checkpoint(self, directory):
        """Write the loss."""
        Path(directory, "loss").write_text(repr(self.loss), encoding="utf-8")

    def load_checkpoint(self, directory):
        """Read the loss."""
        self.loss = float(Path(directory, "loss").read_text(encoding="utf-8"))


def told(results):
    """Return all that must be the same."""
    return [(t.id, t.status, t.reason, t.value, t.iterations, t.lineage) for t in results]


@pytest.mark.parametrize("synchronous", [False, True])
def test_a_population_killed_at_any_event_ends_the_same(tmp_path, synchronous):
    """From the folder as it was, the same members become the same clones of the same sources."""
    copier = Copier(tmp_path / "copies")
    whole = tune.run(
        Descent,
        {"rate": tune.uniform(0, 1)},
        metric="loss",
        mode="min",
        scheduler={"name": "pbt", "interval": 2, "synchronous": synchronous, "quantile": 0.5},
        num_samples=4,
        stop={"training_iteration": 7},
        executor={"name": "inline", "slots": 2},
        callbacks=[copier],
        storage=tmp_path,
        name="whole",
        seed=3,
        verbose=0,
    )
    expected = told(whole)
    assert any(len(trial.lineage) > 2 for trial in whole)
    for folder in sorted(copier.place.iterdir()):
        results = tune.resume(folder, Descent, verbose=0)
        assert told(results) == expected, f"killed at {folder.name}"
