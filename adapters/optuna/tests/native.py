"""Optuna's own ask and tell, for tests/benchmarks/adapter_overhead.py."""

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

optuna.logging.set_verbosity(optuna.logging.WARNING)

DISTRIBUTIONS = {
    "lr": FloatDistribution(1e-5, 1e-1, log=True),
    "momentum": FloatDistribution(0, 1),
    "dropout": FloatDistribution(0, 0.8),
    "layers": IntDistribution(1, 8),
    "width": IntDistribution(16, 1024, log=True),
    "act": CategoricalDistribution(["relu", "tanh", "gelu"]),
}


class Native:
    """A study with the default sampler, TPE."""

    def __init__(self, problem):
        sampler = optuna.samplers.TPESampler(seed=problem.seed("optuna"))
        self.study = optuna.create_study(sampler=sampler)

    def ask(self):
        self.trial = self.study.ask(DISTRIBUTIONS)
        return self.trial.params

    def tell(self, config, loss):
        self.study.tell(self.trial, loss)


LOOPS = {"optuna": Native}
