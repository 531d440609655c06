"""The toy problem of the PBT paper, and a way to run it."""

import json
from pathlib import Path

import pytest

import tunesmith as tune

STEPS = 4
"""Updates between two reports, as in the paper's figure 2."""

START = [{"h": {"0": 1.0, "1": 0.0}}, {"h": {"0": 0.0, "1": 1.0}}]
"""The two members' hyperparameters: each has one half of the truth."""


class Toy:
    """Maximise 1.2 - |theta|^2 by the gradient of 1.2 - h0 theta0^2 - h1 theta1^2."""

    def setup(self, config):
        """Begin at (0.9, 0.9)."""
        self.h = (config["h"]["0"], config["h"]["1"])
        self.theta = [0.9, 0.9]

    def reset_config(self, config):
        """Take another configuration, without a new object."""
        self.setup(config)
        return True

    def step(self):
        """Follow the surrogate's gradient for a few updates."""
        for _ in range(STEPS):
            self.theta = [x * (1 - 0.02 * h) for x, h in zip(self.theta, self.h, strict=True)]
        return {"q": 1.2 - sum(x * x for x in self.theta)}

    def save_checkpoint(self, directory):
        """Write theta."""
        Path(directory, "theta.json").write_text(json.dumps(self.theta), encoding="utf-8")

    def load_checkpoint(self, directory):
        """Read theta."""
        self.theta = json.loads(Path(directory, "theta.json").read_text(encoding="utf-8"))


@pytest.fixture
def toy(tmp_path):
    """Run 200 updates of the toy with these options of a scheduler; return the results."""

    def run(seed=0, name="pbt", changes=(), **options):
        settings = {
            "searcher": "random",
            "num_samples": 2,
            "points_to_evaluate": START,
            "executor": {"name": "inline", "slots": 2},
            "stop": {"training_iteration": 200 // STEPS},
            **dict(changes),
        }
        return tune.run(
            Toy,
            {"h": {"0": tune.uniform(0, 1), "1": tune.uniform(0, 1)}},
            metric="q",
            mode="max",
            scheduler={"name": name, **options},
            storage=tmp_path,
            seed=seed,
            verbose=0,
            **settings,
        )

    return run
