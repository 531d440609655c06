"""Tunes the network on Ray with Optuna and ASHA, and prints: digits_tunesmith.py FOLDER SEED N."""

import json
import logging
import sys

import ray
from network import EPOCHS, Search, epochs

import tunesmith as tune

SPACE = {
    "width": tune.lograndint(16, 257),
    "depth": tune.randint(1, 4),
    "activation": tune.choice(["relu", "tanh", "logistic"]),
    "batch_size": tune.ordinal([16, 32, 64, 128]),
    "lr": tune.loguniform(1e-4, 1e-1),
    "alpha": tune.loguniform(1e-6, 1e-1),
}


def train(config):
    """Train a network."""
    for accuracy in epochs(config):
        yield {"accuracy": accuracy}


class Listener:
    """Hears of every report."""

    def __init__(self):
        self.search = Search()

    def on_result(self, trial, result):
        """Take it in."""
        self.search.hear(result.metrics["accuracy"])


def main(folder, seed, trials):
    """Run, and print."""
    ray.init(
        address="local",
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
    )
    listener = Listener()
    tune.run(
        train,
        SPACE,
        metric="accuracy",
        mode="max",
        searcher="optuna",
        scheduler={"name": "asha", "max_resource": EPOCHS, "reduction_factor": 3},
        num_samples=trials,
        max_concurrent=2,
        executor="ray",
        storage=folder,
        seed=seed,
        callbacks=[listener],
        verbose=0,
    )
    print(json.dumps(listener.search.figures()))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
