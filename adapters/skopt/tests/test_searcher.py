"""The searcher with every model, kind of space and kind of news."""

import random

import numpy as np
import pytest
from sklearn.linear_model import BayesianRidge, LinearRegression

import tunesmith.space as ts
from tunesmith.errors import OptionError
from tunesmith_skopt.searcher import ESTIMATORS, FUNCTIONS, GENERATORS, HUGE, LIES

COARSE = {"acq_optimizer": "auto", "acq_optimizer_kwargs": {"n_points": 100}}


@pytest.mark.parametrize("base_estimator", ESTIMATORS)
def test_every_model_searches_a_mixed_space(lab, mixed, base_estimator):
    """The library's own models run with the newest numpy and scikit-learn.

    Small widths are best here; on a log scale that is not normalised, the library clips whatever a
    forest finds to the highest.
    """
    trials = lab(mixed, base_estimator=base_estimator, n_initial_points=8, **COARSE)
    widths = [config["width"] for config in trials.run(10)[8:]]
    assert min(widths) < 1024


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("base_estimator", ESTIMATORS)
@pytest.mark.parametrize("pending", [0, 4])
def test_long_runs_hold(lab, mixed, base_estimator, pending):
    """130 steps, serially and with trials in flight, hardly repeat themselves."""
    made = lab(mixed, base_estimator=base_estimator, **COARSE).run(130, pending)
    assert len({tuple(config.values()) for config in made}) >= 125


@pytest.mark.parametrize("acq_func", FUNCTIONS)
def test_every_acquisition_function_is_repeatable(lab, mixed, acq_func):
    """Those that draw from numpy's global generator too."""
    left, right = (lab(mixed, acq_func=acq_func) for _ in range(2))
    first = left.run(12)
    np.random.seed(7)  # noqa: NPY002
    assert right.run(12) == first


@pytest.mark.parametrize("initial_point_generator", GENERATORS)
def test_every_design_is_begun_with_and_not_repeated(lab, initial_point_generator):
    """Suggestions for trials in flight go through the design, which the library's own would not."""
    trials = lab(initial_point_generator=initial_point_generator, n_initial_points=6)
    made = {tuple(trials.suggest(str(i)).values()) for i in range(8)}
    assert len(made) == 8


def test_the_model_beats_random_search(lab):
    """The last 10 of 24 suggestions, on four seeds, are worth a third of random ones or less.

    A random one scores .42 with a deviation of .42, so 40 of them below .14: chance under 1e-4.
    """
    losses = [lab.loss(config) for seed in range(4) for config in lab(seed=seed).run(24)[-10:]]
    assert sum(losses) / len(losses) < 0.14


def test_one_fit_for_each_suggestion(lab, fits):
    """None while there are too few results, none for news, and no more than one with lies."""
    trials = lab()
    trials.run(12)
    assert len(fits) == 2
    for i in range(3):
        trials.suggest(f"p{i}")
        assert len(fits) == 3 + i
    for i in range(3):
        trials.observe(f"p{i}", 0.5)
    assert len(fits) == 5


@pytest.mark.parametrize(("strategy", "lie"), [("cl_min", 1.0), ("cl_mean", 5.5), ("cl_max", 10.0)])
def test_pending_trials_are_lied_about(lab, fits, strategy, lie):
    """Suggested or adopted, they are at their points with the constant liar's value, until told."""
    trials = lab(strategy=strategy)
    for i in range(10):
        trials.suggest(str(i))
        trials.observe(str(i), 1.0 + i)
    trials.searcher.adopt("a", {"x": 0.5, "lr": 0.5})
    batch = [trials.suggest(f"b{i}") for i in range(4)]
    points, values = fits[-1]
    assert points[10:] == [[0.5, 0.5]] + [list(config.values()) for config in batch[:3]]
    assert values == [1.0 + i for i in range(10)] + [lie] * 4
    assert len({tuple(config.values()) for config in batch}) == 4
    trials.observe("a", 7.0, config={"x": 0.5, "lr": 0.5})
    trials.suggest("c")
    assert fits[-1][1][10:] == [7.0] + [LIES[strategy]([*values[:10], 7.0])] * 4


@pytest.mark.parametrize("status", ["failed", "completed"])
def test_what_has_no_value_is_like_the_worst(lab, fits, status):
    """Crashed and diverged trials, as soon as a worse one is known by that one's value."""
    trials = lab(n_initial_points=2)
    for i, values in enumerate([(0.5,), (), (0.25,)]):
        trials.suggest(str(i))
        trials.observe(str(i), *values, status="completed" if values else status)
    trials.suggest("3")
    assert fits[-1][1] == [0.5, 0.5, 0.25]
    trials.observe("3", 2.0)
    trials.suggest("4")
    assert fits[-1][1] == [0.5, 2.0, 0.25, 2.0]


def test_losses_without_bound_break_nothing(lab):
    """Values whose squares are infinite are cut."""
    trials = lab(n_initial_points=2)
    for i, loss in enumerate([1e300, -1e300, 1.0]):
        trials.suggest(str(i))
        trials.observe(str(i), loss)
    assert [loss for _, loss in trials.searcher._known.values()] == [HUGE, -HUGE, 1.0]
    trials.suggest("3")


def test_a_released_trial_is_forgotten(lab):
    """Stopped with nothing to tell, it is neither pending nor bad; what comes later counts."""
    trials = lab()
    config = trials.suggest("a")
    trials.observe("a", status="stopped")
    assert (trials.searcher._pending, trials.searcher._known) == ({}, {})
    trials.observe("a", 0.5, status="stopped")
    assert trials.searcher._known == {"a": (list(config.values()), 0.5)}


def test_infeasible_suggestions_cost_one_fit(lab, fits):
    """The model is asked once for a trial, then chance; and learns that one as bad as the worst."""
    trials = lab(n_initial_points=3)
    trials.run(3)
    first = list(trials.suggest("a").values())
    for _ in range(20):
        trials.observe("a", status="infeasible")
        last = trials.suggest("a")
    assert len(fits) == 1
    trials.observe("a", 0.0, config=last)
    trials.suggest("b")
    points, values = fits[-1]
    assert (len(points), points[-1]) == (5, first)
    assert values[-1] == max(values)


def test_a_trial_never_suggested_teaches_the_same(lab, mixed, fits):
    """A fresh searcher that is told everything again fits the same model."""
    left, right = lab(mixed), lab(mixed, seed=9)
    for trial, config in enumerate(left.run(12)):
        right.observe(str(trial), left.loss(config), config=config)
    left.suggest("a")
    right.suggest("a")
    assert fits[-1] == fits[-2]


@pytest.mark.parametrize("config", [{}, {"x": 7, "lr": 0.1}, {"y": 1}])
def test_a_trial_from_outside_the_space_is_left_out(lab, config):
    """No model could place it."""
    trials = lab()
    trials.searcher.adopt("a", config)
    trials.observe("b", 0.5, config=config)
    assert (trials.searcher._pending, trials.searcher._known) == ({}, {})


def test_the_last_news_of_a_trial_holds(lab):
    """Another value, and another configuration if the trial went on with one."""
    trials = lab()
    trials.suggest("a")
    trials.observe("a", 0.5)
    trials.observe("a", 0.25, config={"x": 0.5, "lr": 0.5})
    assert trials.searcher._known == {"a": ([0.5, 0.5], 0.25)}


def test_a_finite_space_is_repeated_silently(lab):
    """Once all is tried, the library falls back on chance, of which it would warn."""
    made = lab({"n": ts.randint(0, 3), "act": ts.choice(["a", "b"])}, n_initial_points=3).run(20)
    assert len({tuple(config.values()) for config in made}) == 6


@pytest.mark.parametrize("steps", [3, 14])
def test_a_restored_searcher_goes_on_as_if_nothing_had_happened(lab, mixed, steps):
    """With its design, lies and hedged bets; the model is not saved, since it is made anew."""
    options = {"acq_func": "gp_hedge", "initial_point_generator": "lhs"}
    left, right = lab(mixed, **options), lab(mixed, **options)
    left.run(steps, pending=2)
    saved = left.searcher.state()
    right.searcher.restore(saved)
    assert right.run(5, start=100) == left.run(5, start=100)
    assert len(saved) < 40_000


def test_any_regressor_with_deviations_will_do(lab):
    """One of scikit-learn's own, left as it was."""
    model = BayesianRidge()
    trials = lab(base_estimator=model)
    assert len(trials.run(14)) == 14
    assert not hasattr(model, "coef_")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"base_estimator": "GPP"}, "base_estimator: 'GPP' is unknown; did you mean 'GP'"),
        ({"base_estimator": "zzz"}, "expected GP, ET, RF, GBRT"),
        ({"base_estimator": object()}, "is no regressor"),
        ({"base_estimator": LinearRegression()}, "expected one whose predict takes return_std"),
        ({"n_initial_points": 0}, "n_initial_points=0; expected a whole number, 1 or more"),
        ({"initial_point_generator": "sobel"}, "did you mean 'sobol'"),
        ({"acq_func": "UCB"}, "acq_func: 'UCB' is unknown"),
        ({"acq_func": "EIps"}, "acq_func: 'EIps' is unknown"),
        ({"acq_func_kwargs": {"kapa": 1}}, "acq_func_kwargs: 'kapa' is unknown; did you mean"),
        ({"acq_optimizer_kwargs": {"n_jobs": 2}}, "expected n_points, n_restarts_optimizer"),
        ({"base_estimator": "RF", "acq_optimizer": "lbfgs"}, "acq_optimizer='sampling'"),
        ({"acq_func_kwargs": {"xi": "big"}}, "xi='big'; expected a number, 0 or more"),
        ({"acq_optimizer_kwargs": {"n_points": 0}}, "n_points=0; expected a whole number"),
        ({"strategy": ["cl_min"]}, "is unknown"),
        ({"strategy": "cl_median"}, "strategy: 'cl_median' is unknown"),
    ],
)
def test_what_cannot_be_done_is_said_at_once(lab, options, message):
    """Each mistake is an error before the first trial that names its fix."""
    with pytest.raises(OptionError, match=message):
        lab(**options)


def test_an_empty_space_has_one_configuration(lab):
    """Where all is constant there is nothing to model."""
    assert lab({"a": 1}).run(15) == [{}] * 15


def test_the_process_is_left_alone(lab, mixed, capfd, caplog):
    """Nothing is printed or logged, and nobody else's random numbers change."""
    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    lab(mixed, acq_func="MES", initial_point_generator="sobol").run(13)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before  # noqa: NPY002
    assert (capfd.readouterr(), caplog.records) == (("", ""), [])
