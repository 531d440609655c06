"""Trials in this process, with the journal on, against Optuna's own loop."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna

import tunesmith as tune
from ratios.pair import Bound, Figures, Group, Pair, Row
from ratios.sizes import Sizes

RATE = "trials/s"
SPACE = {
    "x": tune.uniform(-1, 1),
    "lr": tune.loguniform(1e-5, 1e-1),
    "act": tune.choice(["relu", "tanh", "gelu"]),
}


def loss(x: float, lr: float, act: str) -> float:
    """Return something smooth, in no time."""
    return (x - 0.3) ** 2 + lr + (act != "gelu")


def train(config: dict[str, Any]) -> float:
    """Train a trial."""
    return loss(**config)


def objective(trial: optuna.Trial) -> float:
    """Train a trial of Optuna's."""
    x = trial.suggest_float("x", -1, 1)
    lr = trial.suggest_float("lr", 1e-5, 1e-1, log=True)
    return loss(x, lr, trial.suggest_categorical("act", ["relu", "tanh", "gelu"]))


def ours(folder: str, trials: int, searcher: Any) -> Figures:
    """Return the rate of an experiment, from the call to its results."""
    began = time.perf_counter()
    options = {"metric": "loss", "mode": "min", "executor": "inline", "verbose": 0}
    tune.run(train, SPACE, searcher=searcher, num_samples=trials, storage=folder, **options)
    return {"rate": trials / (time.perf_counter() - began)}


def theirs(storage: str | None, trials: int, sampler: optuna.samplers.BaseSampler) -> Figures:
    """Return the rate of a study, from its creation to its last trial."""
    began = time.perf_counter()
    study = optuna.create_study(sampler=sampler, storage=storage)
    study.optimize(objective, n_trials=trials)
    return {"rate": trials / (time.perf_counter() - began)}


@contextmanager
def opened(sizes: Sizes) -> Iterator[list[Pair]]:
    """Yield the pairs; both sides write into one folder."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    tpe, chance = optuna.samplers.TPESampler, optuna.samplers.RandomSampler
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{Path(folder, 'optuna.db')}"
        # What is imported and opened the first time only.
        for searcher in ("random", "optuna"):
            ours(folder, 5, searcher)
        theirs(database, 2, tpe())
        few, more = sizes.sqlite_trials, sizes.tpe_trials
        yield [
            Pair(
                lambda: ours(folder, sizes.inline_trials, "random"),
                None,
                (Row("inline, random search", "rate", RATE, Bound(">=", 5000), ALONE, "alone"),),
            ),
            Pair(
                lambda: ours(folder, more, "optuna"),
                lambda: theirs(None, more, tpe()),
                (Row("inline TPE / Optuna in memory", "rate", RATE, Bound(">=", 0.8), MEMORY),),
            ),
            Pair(
                lambda: ours(folder, few, "optuna"),
                lambda: theirs(database, few, tpe()),
                (Row("inline TPE / Optuna on SQLite", "rate", RATE, Bound(">=", 10), SQLITE),),
            ),
            Pair(
                lambda: ours(folder, sizes.inline_trials, "random"),
                lambda: theirs(database, few, chance()),
                (Row("inline random / Optuna on SQLite", "rate", RATE, Bound(">=", 10), PLAIN),),
            ),
        ]


ALONE = "one report each, journal on, from the call of `tune.run` to its results"
MEMORY = "the same TPE sampler and objective; ours with its journal, theirs in memory"
SQLITE = "the same with Optuna's storage on disk, so that both can be resumed"
PLAIN = "random search on both sides: what keeping a trial costs"
GROUP = Group("inline", opened)
