"""Problems to search, and a small driver of a searcher."""

import msgspec
import pytest

import tunesmith.space as ts
import tunesmith_optuna
from tunesmith.testing import labs

CONDITIONAL = {
    "lr": ts.loguniform(1e-4, 1),
    "optimizer": ts.choice(
        [{"name": "sgd", "momentum": ts.uniform(0, 1)}, {"name": "adam", "beta": ts.uniform(0, 1)}]
    ),
    "act": ts.choice(["relu", "tanh"]),
}


class Lab(labs.Lab):
    """With a look into the study; `limits` are outcome constraints."""

    name = "optuna"

    def __init__(self, space=None, *, limits=(), objectives=1, seed=0, **options):
        super().__init__(space, objectives=objectives, seed=seed, **options)
        if limits:
            self.problem = msgspec.structs.replace(self.problem, outcome_constraints=limits)
            self.searcher = tunesmith_optuna.OptunaSearcher(self.problem, **options)

    def report(self, trial, *values, **metrics):
        """Tell of a trial that is over, and of the metrics that have limits."""
        limits = self.problem.outcome_constraints
        self.observe(trial, *values, constraint_values=tuple(one.value(metrics) for one in limits))

    def losses(self, config):
        """Return one loss per objective, each with its optimum elsewhere."""
        numbers = [value for value in config.values() if isinstance(value, int | float)]
        count = len(self.problem.objectives)
        return [sum((value - 0.3 - i) ** 2 for value in numbers) for i in range(count)]

    def states(self):
        return [trial.state.name for trial in self.searcher._study.get_trials(deepcopy=False)]

    def values(self):
        return [trial.values for trial in self.searcher._study.get_trials(deepcopy=False)]

    def constraints(self):
        return [trial.constraints for trial in self.searcher._study.get_trials(deepcopy=False)]


def trace_all(samplers):
    """Return what each sampler suggests, and what TPE does for two objectives."""
    made = []
    for sampler in samplers:
        startup = {"n_startup_trials": 6} if sampler == "gp" else {}
        made += Lab(CONDITIONAL, sampler=sampler, seed=3, **startup).run(8 if startup else 25, 2)
    return [*made, *Lab(CONDITIONAL, objectives=2, seed=3).run(25)]


@pytest.fixture
def traces():
    """The suggestions of some samplers."""
    return trace_all


@pytest.fixture
def lab():
    """Make a searcher on a small problem."""
    return Lab


@pytest.fixture
def conditional():
    """A space in which either `momentum` or `beta` exists."""
    return CONDITIONAL
