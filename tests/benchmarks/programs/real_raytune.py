"""Tunes real training with Ray Tune's own Optuna and ASHA."""

import functools
import importlib

import optuna
from race import SLOTS, Race
from ray import tune
from ray.tune import Callback
from ray.tune.schedulers import ASHAScheduler
from ray.tune.search.optuna import OptunaSearch


def train(config, task):
    """Train one model of the task."""
    for accuracy in importlib.import_module(task).steps(config):
        tune.report({"accuracy": accuracy})


class Listener(Callback):
    """Hears of every report."""

    def __init__(self, race):
        self.race = race

    def on_trial_result(self, iteration, trials, trial, result, **info):
        """Take it in."""
        self.race.hear(result["accuracy"])


def real(name, seed, trials, folder):
    """Run, and return the figures; Ray is up."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    task = importlib.import_module(name)
    sampler = optuna.samplers.TPESampler(seed=seed)
    race = Race(task.TARGET)
    tune.Tuner(
        tune.with_resources(functools.partial(train, task=name), {"cpu": 1}),
        param_space={
            key: getattr(tune, kind)(*bounds) for key, (kind, *bounds) in task.SPACE.items()
        },
        tune_config=tune.TuneConfig(
            metric="accuracy",
            mode="max",
            num_samples=trials,
            max_concurrent_trials=SLOTS,
            search_alg=OptunaSearch(sampler=sampler),
            scheduler=ASHAScheduler(max_t=task.STEPS, grace_period=1, reduction_factor=3),
            reuse_actors=True,
        ),
        run_config=tune.RunConfig(storage_path=folder, callbacks=[Listener(race)], verbose=0),
    ).fit()
    return race.figures()
