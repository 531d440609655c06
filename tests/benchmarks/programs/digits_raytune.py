"""Tunes the network with Ray Tune's own Optuna and ASHA."""

import optuna
from network import EPOCHS, Search, epochs
from ray import tune
from ray.tune import Callback
from ray.tune.schedulers import ASHAScheduler
from ray.tune.search.optuna import OptunaSearch

SPACE = {
    "width": tune.lograndint(16, 257),
    "depth": tune.randint(1, 4),
    "activation": tune.choice(["relu", "tanh", "logistic"]),
    "batch_size": tune.choice([16, 32, 64, 128]),
    "lr": tune.loguniform(1e-4, 1e-1),
    "alpha": tune.loguniform(1e-6, 1e-1),
}


def train(config):
    """Train a network."""
    for accuracy in epochs(config):
        tune.report({"accuracy": accuracy})


class Listener(Callback):
    """Hears of every report."""

    def __init__(self):
        self.search = Search()

    def on_trial_result(self, iteration, trials, trial, result, **info):
        """Take it in."""
        self.search.hear(result["accuracy"])


def digits(seed, trials, folder):
    """Run, and return the figures; Ray is up."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = optuna.samplers.TPESampler(seed=seed)
    listener = Listener()
    tune.Tuner(
        tune.with_resources(train, {"cpu": 1}),
        param_space=SPACE,
        tune_config=tune.TuneConfig(
            metric="accuracy",
            mode="max",
            num_samples=trials,
            max_concurrent_trials=2,
            search_alg=OptunaSearch(sampler=sampler),
            scheduler=ASHAScheduler(max_t=EPOCHS, grace_period=1, reduction_factor=3),
            reuse_actors=True,
        ),
        run_config=tune.RunConfig(storage_path=folder, callbacks=[listener], verbose=0),
    ).fit()
    return listener.search.figures()
