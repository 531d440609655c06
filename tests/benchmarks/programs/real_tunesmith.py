"""Tunes real training on Ray with Optuna and ASHA: real_tunesmith.py TASK FOLDER SEED TRIALS."""

import functools
import importlib
import json
import sys

import local
from race import SLOTS, Race

import tunesmith as tune


def train(config, task):
    """Train one model of the task."""
    for accuracy in importlib.import_module(task).steps(config):
        yield {"accuracy": accuracy}


class Listener:
    """Hears of every report."""

    def __init__(self, race):
        self.race = race

    def on_result(self, trial, result):
        """Take it in."""
        self.race.hear(result.metrics["accuracy"])


def main(name, folder, seed, trials):
    """Run, and print."""
    task = importlib.import_module(name)
    local.start(SLOTS)
    race = Race(task.TARGET)
    tune.run(
        functools.partial(train, task=name),
        {key: getattr(tune, kind)(*bounds) for key, (kind, *bounds) in task.SPACE.items()},
        metric="accuracy",
        mode="max",
        searcher="optuna",
        scheduler={"name": "asha", "max_resource": task.STEPS, "reduction_factor": 3},
        num_samples=trials,
        max_concurrent=SLOTS,
        executor="ray",
        storage=folder,
        seed=seed,
        callbacks=[Listener(race)],
        verbose=0,
    )
    print(json.dumps(race.figures()))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
