"""What competes: every searcher and scheduler, set so that it acts within few short trials."""

import json
from pathlib import Path

import tunesmith as tune
from tunesmith.plugins import Demands, check_capabilities, default_registry
from tunesmith.space import parse_space

EPOCHS = 9

NUMBERS = {"x": tune.uniform(-1, 1), "lr": tune.loguniform(1e-4, 1), "n": tune.randint(1, 9)}
EVERYTHING = {**NUMBERS, "act": tune.choice(["relu", "tanh", "gelu"])}
GRID = {"x": tune.ordinal([-0.5, 0.25, 0.5]), "n": tune.ordinal([1, 2, 3, 4])}

SCHEDULERS = {
    "asha": {"max_resource": EPOCHS},
    "dehb": {"max_resource": EPOCHS},
    "hyperband": {"max_resource": EPOCHS},
    "median-stopping": {"grace_period": 2, "min_samples": 3},
    "pasha": {"max_resource": EPOCHS},
    "pb2": {"interval": 3},
    "pbt": {"interval": 3},
}
"""Options that make a scheduler act within a dozen short trials."""

SEARCHERS = {
    "ax": {"initialization_budget": 10},
    "bayesopt": {"n_random": 300, "n_smart": 0, "n_restarts_optimizer": 0},
    "smac": {"challengers": 100, "local_search_iterations": 2, "model_options": {"n_trees": 5}},
    "turbo": {"n_initial": 6, "n_training_steps": 5},
}
"""Options with which a searcher's model is cheap, but there before the last trial."""

LASTING = {"asha": {"mode": "promotion"}}
"""A second form of a scheduler, worth a row of its own."""


class Learner:
    """Learns for nine epochs; can be saved."""

    def setup(self, config):
        self.config, self.epoch, self.clock = config, 0, 0.0

    def step(self):
        if self.epoch == EPOCHS:
            return None
        self.epoch, self.clock = self.epoch + 1, self.clock + 1 + self.config["n"] / 10
        loss = self.config["x"] ** 2 + self.config["n"] / 20 + 1 / self.epoch
        return {"loss": loss, "elapsed_s": self.clock}

    def save_checkpoint(self, directory):
        Path(directory, "state").write_text(json.dumps([self.epoch, self.clock]))

    def load_checkpoint(self, directory):
        self.epoch, self.clock = json.loads(Path(directory, "state").read_text())


def forms(name):
    """Return the settings under which a scheduler is tried."""
    settings = {"name": name, **SCHEDULERS.get(name, {})}
    return [settings, *([{**settings, **LASTING[name]}] if name in LASTING else [])]


def space_for(searcher):
    """Return the richest of our spaces that the searcher takes."""
    if searcher == "grid":
        return GRID
    registry = default_registry()
    spec, fifo = registry.searcher(searcher), registry.scheduler("fifo")
    try:
        check_capabilities(spec, fifo, Demands(parse_space(EVERYTHING)), registry)
    except tune.UsageError:
        return NUMBERS
    return EVERYTHING
