"""Problems to search, and a small driver of a searcher."""

import random

import pytest

import tunesmith.space as ts
from tunesmith.plugins import resolve
from tunesmith.protocols import Objective, Observation, Problem
from tunesmith_cmaes.searcher import CmaesSearcher

REAL = {"x": ts.uniform(-1, 1), "y": ts.uniform(-1, 1), "lr": ts.loguniform(1e-4, 1)}
MIXED = {
    "x": ts.uniform(-1, 1),
    "lr": ts.loguniform(1e-4, 1),
    "n": ts.randint(1, 9),
    "batch": ts.lograndint(8, 257),
    "on": ts.choice([False, True]),
    "act": ts.choice(["relu", "tanh", "gelu"]),
    "width": ts.ordinal([16, 32, 64]),
    "drop": ts.quniform(0, 0.5, 0.1),
}


def loss(config):
    """Have the optimum at .3 for reals, at 3 for n and at the option that comes last."""
    reals = sum((config[name] - 0.3) ** 2 for name in ("x", "y", "lr") if name in config)
    wrong = sum(config.get(name, best) != best for name, best in (("act", "gelu"), ("on", True)))
    return reals + abs(config.get("n", 3) - 3) / 8 + wrong / 2


class Lab:
    """A searcher on a problem, and ways to feed it."""

    loss = staticmethod(loss)

    def __init__(self, space=REAL, seed=0, **options):
        vocabulary = resolve("searcher", "cmaes").spec.capabilities.vocabulary
        self.problem = Problem(
            space=ts.translate(ts.parse_space(space), vocabulary).space,
            objectives=(Objective("loss", "min"),),
            seeds=lambda name: random.Random(f"{seed}-{name}"),
        )
        self.searcher = CmaesSearcher(self.problem, **options)
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

    @property
    def generation(self):
        return self.searcher._optimizer.generation


@pytest.fixture
def lab():
    """Make a searcher on a small problem."""
    return Lab


@pytest.fixture
def mixed():
    """A space of every kind of parameter."""
    return MIXED
