"""What the adapter costs beside Optuna's own ask and tell, on the same history.

    python tests/benchmarks/optuna_overhead.py [--trials 500] [--rounds 1]

Both sides take turns at every trial of one run, with the same sampler, seed and losses, and so with
the same suggestions. Prints the ratio of their processor times; it is to stay at or below 1.1.
"""

import argparse
import random
import sys
import time

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

import tunesmith.space as ts
from tunesmith.protocols import Config, Objective, Observation, Problem
from tunesmith_optuna.searcher import OptunaSearcher

SPACE = {
    "lr": ts.loguniform(1e-5, 1e-1),
    "momentum": ts.uniform(0, 1),
    "layers": ts.randint(1, 9),
    "width": ts.lograndint(16, 1025),
    "act": ts.choice(["relu", "tanh", "gelu"]),
}
DISTRIBUTIONS = {
    "lr": FloatDistribution(1e-5, 1e-1, log=True),
    "momentum": FloatDistribution(0, 1),
    "layers": IntDistribution(1, 8),
    "width": IntDistribution(16, 1024, log=True),
    "act": CategoricalDistribution(["relu", "tanh", "gelu"]),
}


def loss(config: Config) -> float:
    """Return something smooth that every parameter matters to."""
    smooth = (config["momentum"] - 0.3) ** 2 + abs(config["layers"] - 4) / 8
    return float(smooth + config["lr"] + config["width"] / 1024 + (config["act"] != "tanh"))


class Native:
    """Optuna's own interface."""

    def __init__(self, seed: int) -> None:
        sampler = optuna.samplers.TPESampler(seed=seed)
        self.study = optuna.create_study(sampler=sampler)

    def step(self, number: int) -> Config:
        """Ask and tell once."""
        trial = self.study.ask(DISTRIBUTIONS)
        self.study.tell(trial, loss(trial.params))
        return trial.params


class Adapted:
    """The searcher."""

    def __init__(self, seed: int) -> None:
        space, objectives = ts.parse_space(SPACE), (Objective("loss", "min"),)
        problem = Problem(space, objectives, seeds=lambda name: random.Random(f"{seed}-{name}"))
        self.seed = problem.seed("optuna")
        self.searcher = OptunaSearcher(problem)

    def step(self, number: int) -> Config:
        """Suggest and observe once."""
        trial_id = f"{number:04}"
        config = self.searcher.suggest(trial_id)
        observation = Observation(trial_id, config, (loss(config),), 1.0, "completed")
        self.searcher.observe(observation)
        return config


def measure(trials: int, seed: int) -> tuple[float, float]:
    """Return the processor seconds that Optuna and the adapter took for the same trials."""
    adapted = Adapted(seed)
    native = Native(adapted.seed)
    spent = [0.0, 0.0]
    for number in range(trials):
        configs: list[Config] = [{}, {}]
        for side in (0, 1) if number % 2 else (1, 0):
            began = time.process_time()
            configs[side] = (native, adapted)[side].step(number)
            spent[side] += time.process_time() - began
        if configs[0] != configs[1]:
            sys.exit(f"trial {number}: {configs[0]} is not {configs[1]}; the histories differ")
    return spent[0], spent[1]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    measure(12, seed=99)  # imports and caches
    spent = [measure(options.trials, seed) for seed in range(options.rounds)]
    native, adapted = (sum(side) for side in zip(*spent, strict=True))
    per_trial = 1000 / options.trials / options.rounds
    print(f"optuna ask + tell          {native * per_trial:8.2f} ms a trial")
    print(f"adapter suggest + observe  {adapted * per_trial:8.2f} ms a trial")
    print(f"ratio                      {adapted / native:8.3f}  (bound 1.1)")


if __name__ == "__main__":
    main()
