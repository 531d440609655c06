"""Problems to search, and a small driver of a searcher."""

import pytest

import tunesmith.space as ts
from tunesmith.testing import labs
from tunesmith_ax.searcher import library

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


class Lab(labs.Lab):
    """With a look at what Ax knows."""

    name = "ax"
    space = FLAT

    def losses(self, config):
        """Return one loss per objective, each with its optimum at another x."""
        count = len(self.problem.objectives)
        return [(config.get("x", 0.0) - 0.3 + i / 2) ** 2 for i in range(count)]

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
