"""Outcome constraints: metrics of Ax, which models them itself."""

import math

import pytest

import tunesmith.space as ts
from tunesmith.plugins import resolve
from tunesmith.testing.trials import Trials

LINE = {"x": ts.uniform(-1, 1)}
PLANE = {"x": ts.uniform(-1, 1), "y": ts.uniform(-1, 1)}
QUICK = {"method": "random_search"}


def exceeded(config):
    """Return by how much the limit x <= -.4 is exceeded."""
    return config["x"] + 0.4


def loss(config):
    """Return a bowl with its lowest point at x = .3."""
    return (config["x"] - 0.3) ** 2 + (config["y"] + 0.5) ** 2


def told(trials):
    """Return what Ax knows of each metric, trial by trial."""
    frame = trials.searcher._client._experiment.lookup_data().df
    return {name: [*rows["mean"]] for name, rows in frame.groupby("metric_name")}


def test_each_limit_is_a_constraint_of_axs_on_a_metric_of_its_own(lab):
    """At most 0, not relative to anything; objectives stay what they are."""
    trials = lab(LINE, limits=[exceeded] * 2, objectives=2, **QUICK)
    config = trials.searcher._client._experiment.optimization_config
    for i, constraint in enumerate(config.outcome_constraints):
        assert f"(limit{i} <= 0" in str(constraint)
        assert not constraint.relative
    assert len(config.outcome_constraints) == 2
    assert config.objective.metric_names == ["loss0", "loss1"]


def test_ax_is_told_how_far_each_limit_is_exceeded(lab):
    """Trials without a finite value count like the worst in each; what is huge is cut."""
    trials = lab(LINE, limits=[exceeded] * 2, **QUICK)
    for trial in "abcdef":
        trials.suggest(trial)
    trials.observe("a", 1.0, constraint_values=(-2.0, 3.0))
    trials.observe("b", 2.0, constraint_values=(-5.0, -1e300))
    trials.observe("nan", -9.0, constraint_values=(math.inf, 0.0), config={"x": 0.5})
    trials.observe("c")
    trials.observe("d", status="failed")
    trials.observe("e", -9.0, constraint_values=(math.inf, 0.0), status="stopped")
    assert told(trials) == {
        "loss0": [1.0, 2.0, 2.0, 2.0],
        "limit0": [-2.0, -5.0, -2.0, -2.0],
        "limit1": [3.0, -1e100, 3.0, 3.0],
    }
    assert [status for status, _ in trials.trials()] == [
        *("COMPLETED", "COMPLETED", "COMPLETED", "ABANDONED", "FAILED", "RUNNING", "COMPLETED")
    ]


@pytest.mark.parametrize("objectives", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_restored_searcher_goes_on_with_the_model_of_the_limit(lab, objectives):
    """Once the model has suggested, Ax holds more than it did: all of it is saved."""
    left, right = (lab(PLANE, limits=[exceeded], objectives=objectives) for _ in range(2))
    for i in range(5):
        config = {"x": i / 3 - 0.7, "y": (i * 0.7) % 2 - 1}
        values = [loss(config)] + [config["y"] ** 2] * (objectives - 1)
        left.observe(str(i), *values, constraint_values=(exceeded(config),), config=config)
    left.suggest("a")
    right.searcher.restore(left.searcher.state())
    assert right.suggest("b") == left.suggest("b")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_it_searches_where_the_limit_is_kept():
    """The best beyond the limit is passed over; the best that keeps it, at x = -.4, has .49.

    A random point is below .53 and keeps it with a chance of .002, and nearly keeps it with one of
    .33: both searches find such a loss by chance, and 8 of 14 nearly keep it, once in 10,000 times.
    """
    last = []
    for seed in range(2):
        trials = Trials(resolve("searcher", "ax"), PLANE, limit=exceeded, seed=seed)
        made = trials.run(12, loss=loss)
        assert min(loss(config) for config in made if exceeded(config) <= 0) < 0.53
        last += made[5:]
    assert sum(exceeded(config) < 0.05 for config in last) >= 8


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("objectives", [1, 2])
def test_while_no_trial_keeps_the_limit_one_is_sought_that_does(objectives):
    """Three of six suggestions come near it, although all that is known is far, and better there.

    By chance three would be below x = -.75 once in 30 times.
    """
    how = {"limit": lambda config: config["x"] + 0.8, "objectives": objectives, "seed": 0}
    trials = Trials(resolve("searcher", "ax"), PLANE, **how)
    for i in range(6):
        trials.tell(str(i), *[-i / 10] * objectives, config={"x": i / 10, "y": i / 5 - 0.5})
    made = []
    for i in range(6):
        made.append(trials.suggest(f"next {i}")["x"])
        trials.tell(f"next {i}", *[-made[-1]] * objectives)
    assert sum(x < -0.75 for x in made) >= 3
