"""Problems to search, and a small driver of a searcher."""

import random

import pytest

import tunesmith.space as ts
from tunesmith.protocols import Objective, Observation, Problem
from tunesmith_optuna.searcher import OptunaSearcher

FLAT = {"x": ts.uniform(-1, 1), "lr": ts.loguniform(1e-4, 1), "n": ts.randint(1, 9)}
CONDITIONAL = {
    "lr": ts.loguniform(1e-4, 1),
    "optimizer": ts.choice(
        [{"name": "sgd", "momentum": ts.uniform(0, 1)}, {"name": "adam", "beta": ts.uniform(0, 1)}]
    ),
    "act": ts.choice(["relu", "tanh"]),
}
VOCABULARY = ts.Vocabulary(
    log=True,
    integer=True,
    ordinal=False,
    categorical=True,
    step=True,
    normal=False,
    conditional=True,
)


class Lab:
    """A searcher on a problem, and ways to feed it."""

    def __init__(self, space=FLAT, objectives=1, seed=0, max_resource=None, **options):
        translated = ts.translate(ts.parse_space(space), VOCABULARY).space
        self.problem = Problem(
            space=translated,
            objectives=tuple(Objective(f"loss{i}", "min") for i in range(objectives)),
            seeds=lambda name: random.Random(f"{seed}-{name}"),
            max_resource=max_resource,
        )
        self.options = options
        self.searcher = OptunaSearcher(self.problem, **options)
        self.configs = {}

    def suggest(self, trial):
        self.configs[trial] = config = self.searcher.suggest(trial)
        assert self.problem.space.validate(config) == config
        return config

    def observe(self, trial, *values, status="completed", resource=1.0, config=None):
        config = self.configs[trial] if config is None else config
        self.searcher.observe(Observation(trial, config, tuple(values), resource, status))

    def losses(self, config):
        """Return one loss per objective, each with its optimum elsewhere."""
        numbers = [value for value in config.values() if isinstance(value, int | float)]
        count = len(self.problem.objectives)
        return [sum((value - 0.3 - i) ** 2 for value in numbers) for i in range(count)]

    def run(self, steps, pending=0, start=0):
        """Run trials to their end with `pending` others in flight; return the configurations."""
        configs = [self.suggest(f"{i:04}") for i in range(start, start + pending)]
        for i in range(start + pending, start + steps):
            configs.append(self.suggest(f"{i:04}"))
            done = f"{i - pending:04}"
            self.observe(done, *self.losses(self.configs[done]))
        return configs

    def states(self):
        return [trial.state.name for trial in self.searcher._study.get_trials(deepcopy=False)]

    def values(self):
        return [trial.values for trial in self.searcher._study.get_trials(deepcopy=False)]


@pytest.fixture
def lab():
    """Make a searcher on a small problem."""
    return Lab


@pytest.fixture
def conditional():
    """A space in which either `momentum` or `beta` exists."""
    return CONDITIONAL
