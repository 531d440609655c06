"""Problems to search, and a small driver of a searcher."""

import random

import pytest

import tunesmith.space as ts
from tunesmith.protocols import Objective, Observation, Problem
from tunesmith_bohb.searcher import BohbSearcher

FLAT = {"x": ts.uniform(-1, 1), "lr": ts.loguniform(1e-4, 1), "n": ts.randint(1, 9)}
CONDITIONAL = {
    "lr": ts.loguniform(1e-4, 1),
    "optimizer": ts.choice(
        [{"name": "sgd", "momentum": ts.uniform(0, 1)}, {"name": "adam", "beta": ts.uniform(0, 1)}]
    ),
    "act": ts.choice(["relu", "tanh", "gelu"]),
    "width": ts.ordinal([16, 32, 64]),
    "shift": ts.randn(0, 1),
}
VOCABULARY = ts.Vocabulary(
    log=True,
    integer=True,
    ordinal=True,
    categorical=True,
    step=True,
    normal=True,
    conditional=True,
)


class Lab:
    """A searcher on a problem, and ways to feed it."""

    def __init__(self, space=FLAT, seed=0, max_resource=None, **options):
        translated = ts.translate(ts.parse_space(space), VOCABULARY).space
        self.problem = Problem(
            space=translated,
            objectives=(Objective("loss", "min"),),
            seeds=lambda name: random.Random(f"{seed}-{name}"),
            max_resource=max_resource,
        )
        self.searcher = BohbSearcher(self.problem, **options)
        self.configs = {}

    def suggest(self, trial):
        self.configs[trial] = config = self.searcher.suggest(trial)
        assert self.problem.space.validate(config) == config
        return config

    def observe(self, trial, *values, status="completed", resource=1.0, config=None):
        config = self.configs[trial] if config is None else config
        self.searcher.observe(Observation(trial, config, tuple(values), resource, status))

    def run(self, steps, pending=0, start=0):
        """Run trials to their end with `pending` others in flight; return the configurations."""
        configs = [self.suggest(f"{i:04}") for i in range(start, start + pending)]
        for i in range(start + pending, start + steps):
            configs.append(self.suggest(f"{i:04}"))
            done = f"{i - pending:04}"
            self.observe(done, loss(self.configs[done]))
        return configs


def loss(config):
    """Have the optimum at .3 everywhere, and at the option that comes last."""
    numbers = [value for value in config.values() if isinstance(value, float)]
    return sum((value - 0.3) ** 2 for value in numbers) + (config.get("act") != "gelu")


@pytest.fixture
def lab():
    """Make a searcher on a small problem."""
    return Lab


@pytest.fixture
def conditional():
    """A space of every kind of parameter, in which either `momentum` or `beta` exists."""
    return CONDITIONAL
