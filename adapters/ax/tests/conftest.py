"""Problems to search, and a small driver of a searcher."""

import random

import pytest

import tunesmith.space as ts
from tunesmith.protocols import Objective, Observation, Problem
from tunesmith_ax.searcher import AxSearcher, library

FLAT = {
    "x": ts.uniform(-1, 1),
    "lr": ts.loguniform(1e-6, 1e-5),
    "n": ts.lograndint(1, 9),
    "act": ts.choice(["relu", None, 2]),
}
CONDITIONAL = {
    "lr": ts.loguniform(1e-4, 1),
    "optimizer": ts.choice(
        [
            {"name": "sgd", "momentum": ts.uniform(0, 1)},
            {"name": "adam", "beta": ts.choice([ts.uniform(0, 1), "auto"])},
            {"name": "none"},
        ]
    ),
}
VOCABULARY = ts.Vocabulary(log=True, integer=True, categorical=True, conditional=True)


class Lab:
    """A searcher on a problem, and ways to feed it."""

    def __init__(self, space=FLAT, objectives=1, seed=0, **options):
        self.problem = Problem(
            space=ts.translate(ts.parse_space(space), VOCABULARY).space,
            objectives=tuple(Objective(f"loss{i}", "min") for i in range(objectives)),
            seeds=lambda name: random.Random(f"{seed}-{name}"),
        )
        self.searcher = AxSearcher(self.problem, **options)
        self.configs = {}

    def suggest(self, trial):
        self.configs[trial] = config = self.searcher.suggest(trial)
        if config is not None:
            assert self.problem.space.validate(config) == config
        return config

    def observe(self, trial, *values, status="completed", config=None):
        config = self.configs[trial] if config is None else config
        self.searcher.observe(Observation(trial, config, tuple(values), 1.0, status))

    def losses(self, config):
        """Return one loss per objective, each with its optimum at another x."""
        count = len(self.problem.objectives)
        return [(config.get("x", 0.0) - 0.3 + i / 2) ** 2 for i in range(count)]

    def run(self, steps, pending=0, start=0):
        """Run trials to their end with `pending` others in flight; return the configurations."""
        configs = [self.suggest(f"{i:04}") for i in range(start, start + pending)]
        for i in range(start + pending, start + steps):
            configs.append(self.suggest(f"{i:04}"))
            done = f"{i - pending:04}"
            self.observe(done, *self.losses(self.configs[done]))
        return configs

    def trials(self):
        """Return what Ax knows: each trial's status, and its values."""
        experiment = self.searcher._client._experiment
        with library():
            frame = experiment.lookup_data().df
        return [
            (
                trial.status.name,
                [float(x) for x in frame[frame["trial_index"] == index]["mean"]],
            )
            for index, trial in experiment.trials.items()
        ]


@pytest.fixture(scope="session")
def lab():
    """Make a searcher on a small problem."""
    return Lab


@pytest.fixture
def conditional():
    """A space with parameters that exist only for some options of others."""
    return CONDITIONAL


SLOW = {
    # Some hundred Sobol points, or two further imports of Ax, take half a minute.
    "test_both_ends_are_reached",
    "test_conditions_are_kept_or_refused",
    "test_processes_and_hash_seeds_agree",
    "test_several_objectives_are_taken_or_refused",
    "test_stopped_trials_are_not_taken_for_complete",
    "test_suggestions_are_in_the_space",
    "test_trials_without_values_are_survived",
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Leave the longer half of the conformance tests to `make test-slow`."""
    for item in items:
        is_long = item.originalname in SLOW or item.name == "test_saved_state_loses_nothing[25]"
        if item.path.parent.parent.name == "ax" and is_long:
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.timeout(900))
