"""Outcome constraints: the library's own models of them, given all trials anew."""

import math
import warnings

import pytest
from bayes_opt import BayesianOptimization, acquisition
from scipy.optimize import NonlinearConstraint

import tunesmith as tune
import tunesmith.space as ts
from tunesmith.errors import OptionError
from tunesmith.plugins import resolve
from tunesmith.testing.trials import Trials
from tunesmith_bayesopt.searcher import ACQUISITIONS

LINE = {"x": ts.uniform(-1, 1)}
PLANE = {"x": ts.uniform(-1, 1), "y": ts.uniform(-1, 1)}


def exceeded(config):
    """Return by how much the limit x <= -.4 is exceeded."""
    return config["x"] + 0.4


def test_without_pending_trials_suggestions_are_the_librarys_own(lab):
    """Its optimizer with that constraint, given the same trials and seed, suggests the same."""
    trials = lab(PLANE, limits=[exceeded], n_random=10_000, n_smart=10, init_points=4)
    axes = trials.searcher._axes
    library = BayesianOptimization(
        None,
        axes.bounds,
        acquisition_function=acquisition.ExpectedImprovement(xi=0.01),
        constraint=NonlinearConstraint(None, -math.inf, 0.0),
        random_state=trials.problem.seed("bayesopt-model"),
        verbose=0,
    )
    library.set_gp_params(n_restarts_optimizer=0)  # the library seeds those of its models anew
    library.constraint.model[0].set_params(n_restarts_optimizer=0)
    for i in range(8):
        config = trials.suggest(str(i))
        if i >= 4:
            assert axes.decode(library.suggest()) == config
        trials.observe(str(i), trials.loss(config))
        library.register(axes.encode(config), -trials.loss(config), exceeded(config))


@pytest.mark.parametrize("pending", [0, 3])
def test_it_searches_where_the_limit_is_kept(pending):
    """The bowl's best, at x = .3, is beyond the limit, x = -.4; the best that keeps it has .49.

    A random point keeps it, or nearly, with a chance of .33: 20 of 30 do with one of 1e-4. A loss
    below .53 that keeps it is found in all of three random searches with one of 1e-4, too.
    """

    def loss(config):
        return (config["x"] - 0.3) ** 2 + (config["y"] + 0.5) ** 2

    how = {"name": "bayesopt", "n_random": 2000, "n_smart": 0, "n_restarts_optimizer": 2}
    last = []
    for seed in range(3):
        made = Trials(resolve("searcher", how), PLANE, limit=exceeded, seed=seed).run(
            20, pending=pending, loss=loss
        )
        assert min(loss(config) for config in made if exceeded(config) <= 0) < 0.53
        last += made[-10:]
    assert sum(exceeded(config) < 0.05 for config in last) >= 20


def test_while_no_trial_keeps_the_limit_one_is_sought_that_does(lab):
    """Where it is most probable, whatever the loss, which is better on the other side here."""
    trials = lab(LINE, limits=[exceeded], n_random=1000)
    for i in range(6):
        trials.observe(str(i), -float(i), constraint_values=(i / 5 + 0.5,), config={"x": i / 5})
    assert trials.suggest("next")["x"] < -0.4


def test_pending_trials_are_expected_to_go_as_the_model_of_the_limit_predicts(lab, monkeypatch):
    """They take away the doubt at their places, and change no forecast of the limit."""
    trials, models = lab(LINE, limits=[exceeded]), []
    for i in range(6):
        x = i / 5 - 0.5
        trials.observe(str(i), x**2, constraint_values=(x,), config={"x": x})
    suggest = acquisition.ExpectedImprovement.suggest

    def watched(self, gp, targets, *args, **options):
        models.append(targets.constraint.model[0])
        return suggest(self, gp, targets, *args, **options)

    monkeypatch.setattr(acquisition.ExpectedImprovement, "suggest", watched)
    trials.searcher._best()
    trials.searcher.adopt("other", {"x": -0.9})
    trials.searcher._best()
    before, after = models
    place = [[0.05]]
    assert after.predict(place) == pytest.approx(before.predict(place), rel=1e-3)
    assert after.predict(place, return_std=True)[1] < 0.1 * before.predict(place, True)[1]


def test_trials_without_a_finite_value_count_like_the_worst_in_each(lab):
    """Failed, diverged, or with a limited metric that was NaN; what is huge is cut."""
    trials = lab(LINE, limits=[exceeded] * 2)
    told = {0.0: (1.0, -2.0, 3.0), 0.1: (2.0, -5.0, 4.0), 0.2: (0.0, -4.0, -1e300)}
    for x, (loss, *limits) in told.items():
        trials.observe(str(x), loss, constraint_values=tuple(limits), config={"x": x})
    trials.observe("nan", -9.0, constraint_values=(math.inf, -1.0), config={"x": 0.3})
    trials.observe("diverged", config={"x": 0.4})
    trials.observe("failed", status="failed", config={"x": 0.5})
    cut = {"status": "stopped", "config": {"x": 0.6}}
    trials.observe("cut short", -9.0, constraint_values=(0.0, math.inf), **cut)
    record = trials.searcher._told()
    assert record.target.tolist() == [-1.0, -2.0, 0.0, -2.0, -2.0, -2.0]
    assert record.constraint_values.tolist() == [
        *([-2.0, 3.0], [-5.0, 4.0], [-4.0, -1e100]),
        *[[-2.0, 4.0]] * 3,
    ]
    trials.suggest("next")


@pytest.mark.parametrize("choice", ["ei", "poi", "hedge"])
def test_several_limits_are_modelled_with_trials_pending(lab, mixed, choice):
    """In spaces of every kind, by every function that takes them: no two suggestions the same."""
    hedge = acquisition.GPHedge([ACQUISITIONS["ei"](xi=0.01), ACQUISITIONS["poi"](xi=0.01)])
    how = hedge if choice == "hedge" else choice
    trials = lab(mixed, limits=[exceeded] * 2, acquisition_function=how)
    made = [trials.suggest(str(i)) for i in range(3)]
    for i in range(3, 14):
        made.append(trials.suggest(str(i)))
        done = made[i - 3]
        limits = (done["x"] - 0.5, done["n"] - 6.5)
        trials.observe(str(i - 3), trials.loss(done), constraint_values=limits)
    assert len({tuple(config.values()) for config in made}) == 14


def test_ei_is_the_default_where_there_are_limits(lab):
    """With the same `xi` as when it is asked for."""
    made = lab(limits=[exceeded]).searcher._acquisition
    assert (type(made), made.xi) == (acquisition.ExpectedImprovement, 0.01)
    with pytest.raises(OptionError, match="'ei' has no 'kappa'; leave it out"):
        lab(limits=[exceeded], kappa=1.0)


@pytest.mark.parametrize(
    "choice",
    [
        "ucb",
        ACQUISITIONS["ucb"](),
        acquisition.GPHedge([ACQUISITIONS["ei"](xi=0.01), ACQUISITIONS["ucb"]()]),
    ],
)
def test_upper_confidence_bounds_are_refused_where_there_are_limits(lab, choice):
    """The library cannot weigh them by a probability; the error says what to write."""
    with pytest.raises(OptionError, match="takes no outcome constraints; write 'ei' or 'poi'"):
        lab(limits=[exceeded], acquisition_function=choice)


def test_a_whole_experiment(tmp_path):
    """By name, through the core: a limit below, one above, and a metric that is NaN at times."""

    def train(config):
        x = config["x"]
        yield {"loss": (x - 0.9) ** 2, "size": -x, "speed": math.nan if x < -0.8 else 1 - x}

    with warnings.catch_warnings(action="error"):
        results = tune.run(
            train,
            LINE,
            metric="loss",
            mode="min",
            outcome_constraints=["size <= 0.5", "speed >= 0.6"],
            searcher={"name": "bayesopt", "n_random": 1000, "n_smart": 2},
            executor="inline",
            num_samples=18,
            seed=2,
            storage=tmp_path,
            verbose=0,
        )
    assert results.best.config["x"] == pytest.approx(0.4, abs=0.05)
