"""Problems to search, and a small driver of a searcher."""

import random

import pytest

import tunesmith.space as ts
from tunesmith.protocols import Objective, Observation, Problem
from tunesmith_bayesopt.searcher import BayesoptSearcher

REAL = {"x": ts.uniform(-1, 1), "lr": ts.loguniform(1e-4, 1)}
MIXED = {
    "x": ts.uniform(-1, 1),
    "n": ts.randint(1, 9),
    "act": ts.choice(["relu", "tanh", None]),
    "size": ts.choice([1, 2]),
}
VOCABULARY = ts.Vocabulary(integer=True, categorical=True)
QUICK = {"n_random": 500, "n_smart": 0}


class Lab:
    """A searcher on a problem, and ways to feed it."""

    def __init__(self, space=REAL, seed=0, **options):
        self.translation = ts.translate(ts.parse_space(space), VOCABULARY)
        self.problem = Problem(
            space=self.translation.space,
            objectives=(Objective("loss", "min"),),
            seeds=lambda name: random.Random(f"{seed}-{name}"),
        )
        self.searcher = BayesoptSearcher(self.problem, **{**QUICK, **options})
        self.configs = {}

    def suggest(self, trial):
        self.configs[trial] = config = self.searcher.suggest(trial)
        assert self.problem.space.validate(config) == config
        return config

    def observe(self, trial, *values, status="completed", config=None):
        config = self.configs[trial] if config is None else config
        self.searcher.observe(Observation(trial, config, tuple(values), 1.0, status))

    @staticmethod
    def loss(config):
        """Return a loss with its optimum at x = .3, other numbers small, not at `tanh`."""
        numbers = [v for k, v in config.items() if isinstance(v, int | float) and k != "x"]
        worse = 0.5 * (config.get("act") == "tanh")
        return (config.get("x", 0.3) - 0.3) ** 2 + worse + sum(abs(v) for v in numbers) / 100

    def run(self, steps, pending=0, start=0, loss=None):
        """Run trials to their end with `pending` others in flight; return the configurations."""
        configs = [self.suggest(f"{i:04}") for i in range(start, start + pending)]
        for i in range(start + pending, start + steps):
            configs.append(self.suggest(f"{i:04}"))
            done = f"{i - pending:04}"
            self.observe(done, (loss or self.loss)(self.configs[done]))
        return configs


@pytest.fixture
def lab():
    """Make a searcher on a small problem."""
    return Lab


@pytest.fixture
def mixed():
    """A space with parameters of every kind that the library has."""
    return MIXED
