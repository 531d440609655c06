"""The searcher with every kind of space and news."""

import itertools
import math
import random
import warnings

import numpy as np
import pytest
from bayes_opt import BayesianOptimization, acquisition
from sklearn.gaussian_process.kernels import RBF
from threadpoolctl import threadpool_info

import tunesmith as tune
import tunesmith.space as ts
from tunesmith.errors import OptionError
from tunesmith.plugins import resolve
from tunesmith.plugins.factories import check_options
from tunesmith_bayesopt.searcher import ACQUISITIONS, BayesoptSearcher


@pytest.mark.parametrize("choice", ["ucb", "ei", "poi"])
@pytest.mark.parametrize("space", ["real", "mixed"])
def test_every_acquisition_function_runs_with_trials_pending(lab, mixed, choice, space):
    """14 valid suggestions with three others in flight, no two the same."""
    trials = lab(**({"space": mixed} if space == "mixed" else {}), acquisition_function=choice)
    configs = trials.run(14, pending=3)
    assert len({tuple(config.values()) for config in configs}) == 14


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("pending", [0, 4])
@pytest.mark.parametrize("space", ["real", "mixed"])
def test_130_steps_with_the_defaults(lab, mixed, pending, space):
    """Long runs hold, whatever the search for the greatest acquisition costs."""
    defaults = {"n_random": 10_000, "n_smart": 10, "n_restarts_optimizer": 5}
    trials = lab(**({"space": mixed} if space == "mixed" else {}), **defaults)
    assert len(trials.run(130, pending)) == 130


@pytest.mark.parametrize("wide", [1, 10_000])
def test_it_searches_near_the_optimum(lab, wide):
    """However wide the range of a parameter that does not matter: ranges are scaled.

    A random point is that good with a chance of .08; 12 of 30 are so with one below 1e-5.
    """

    def loss(config):
        return (config["x"] - 0.3) ** 2 + (config["y"] + 0.5) ** 2

    space = {"x": ts.uniform(-1, 1), "y": ts.uniform(-1, 1), "n": ts.randint(0, wide + 1)}
    last = []
    for seed in range(3):
        trials = lab(space, seed=seed, kappa=0.5, n_restarts_optimizer=3)
        last += trials.run(20, loss=loss)[-10:]
    assert sum(loss(config) < 0.1 for config in last) >= 12


def test_without_pending_trials_suggestions_are_the_librarys_own(lab):
    """Its optimizer, given the same trials and seed, suggests the very same."""
    trials = lab(n_random=10_000, n_smart=10, n_restarts_optimizer=5, init_points=4)
    axes = trials.searcher._axes
    seed = trials.problem.seed("bayesopt-model")
    library = BayesianOptimization(None, axes.bounds, random_state=seed, verbose=0)
    for i in range(8):
        config = trials.suggest(str(i))
        if i >= 4:
            assert axes.decode(library.suggest()) == config
        trials.observe(str(i), trials.loss(config))
        library.register(axes.encode(config), -trials.loss(config))


def test_pending_trials_repel_the_next_suggestion(lab):
    """Of ten suggestions at once, any two differ by a thousandth of some parameter's range."""
    trials = lab()
    trials.run(12)
    batch = [trials.suggest(f"b{i}") for i in range(10)]
    for a, b in itertools.combinations(batch, 2):
        assert max(abs(a["x"] - b["x"]) / 2, abs(a["lr"] - b["lr"]) / 9.2) > 1e-3


def test_a_suggestion_next_to_a_pending_trial_is_drawn_at_random(lab, monkeypatch):
    """Even where the model insists."""
    trials = lab({"x": ts.uniform(-1, 1)})
    trials.run(10)
    trials.searcher.adopt("other", {"x": 0.25})
    monkeypatch.setattr(trials.searcher, "_best", lambda: {"x": 0.6251})
    assert abs(trials.suggest("next")["x"] - 0.25) > 2e-3
    trials.observe("other", status="stopped", config={"x": 0.25})
    assert trials.suggest("next")["x"] == pytest.approx(0.2502)


def test_the_model_expects_pending_trials_to_go_as_it_predicts(lab):
    """They take away the doubt at their places, and change no forecast; stopped ones do not."""
    trials = lab({"x": ts.uniform(-1, 1)})
    trials.run(6)
    known = trials.searcher._told()
    with warnings.catch_warnings(action="ignore"):
        before = trials.searcher._process(known, known.target)
        trials.searcher.adopt("other", {"x": -0.9})
        after = trials.searcher._process(known, known.target)
    place = [[0.05]]
    assert after.predict(place) == pytest.approx(before.predict(place), rel=1e-3)
    assert after.predict(place, return_std=True)[1] < 0.1 * before.predict(place, True)[1]
    trials.observe("other", status="stopped", config={"x": -0.9})
    assert not trials.searcher._pending


def test_finite_spaces_are_tried_out_before_anything_is_repeated(lab):
    """Also with trials pending; then there are repetitions, and no model is asked for them."""
    trials = lab({"n": ts.randint(0, 4), "act": ts.choice(["a", "b", "c"])})
    configs = [tuple(config.values()) for config in trials.run(12, pending=4)]
    assert len(set(configs)) == 12
    trials.run(10, start=100)
    assert len(trials.searcher._known) == 18


def test_failed_and_diverged_trials_count_like_the_worst(lab):
    """Also when a worse loss comes later; nothing is known while there is no loss at all."""
    trials = lab()
    for i in range(7):
        trials.suggest(str(i))
    trials.observe("0", status="failed")
    trials.observe("1")
    trials.suggest("7")
    trials.observe("2", 3.0)
    assert sorted(trials.searcher._told().target) == [-3.0, -3.0, -3.0]
    trials.observe("3", 5.0)
    trials.observe("4", 1.0)
    assert sorted(trials.searcher._told().target) == [-5.0, -5.0, -5.0, -3.0, -1.0]
    trials.observe("5", status="stopped")
    assert len(trials.searcher._told()) == 5


def test_an_infeasible_suggestion_is_learnt_and_not_mixed_up_with_the_next(lab):
    """The model leaves where constraints are broken; the trial goes on under the same name.

    The loss falls towards the forbidden half: a searcher that learns nothing of it stays there.
    """
    trials = lab({"x": ts.uniform(-1, 1)})
    broken = 0
    for i in range(25):
        while (x := trials.suggest(str(i))["x"]) > 0:
            trials.observe(str(i), status="infeasible")
            broken += 1
            assert broken < 40
        trials.observe(str(i), abs(x - 0.5))
    assert len(trials.searcher._known) == 25 + broken


def test_trials_never_suggested_are_learnt(lab):
    """Warm starts and points to evaluate teach as much as the model's own suggestions."""
    left, right = lab(seed=1), lab(seed=1)
    left.run(12)
    for name, config in left.configs.items():
        right.observe(f"earlier {name}", left.loss(config), config=config)
    for trials in (left, right):
        trials.searcher._generator = np.random.RandomState(0)
    assert left.suggest("next") == right.suggest("next")


def test_the_last_that_is_said_about_a_trial_holds(lab):
    """A changed loss replaces, a changed configuration (a clone's) is learnt in its own place."""
    trials = lab({"x": ts.uniform(-1, 1)})
    trials.suggest("0001")
    trials.observe("0001", 2.0)
    trials.observe("0001", 1.0, config={"x": 0.5})
    trials.observe("0001", status="stopped")
    told = trials.searcher._told()
    assert (told.params.tolist(), told.target.tolist()) == ([[0.75]], [-1.0])
    assert not trials.searcher._pending


def test_configurations_from_another_space_are_passed_over(lab):
    """As observations and as trials under way."""
    trials = lab()
    for config in ({}, {"x": 7, "lr": -1.0}, {"x": 0.5, "lr": "?"}, {"y": 1}):
        trials.observe("9001", 0.5, config=config)
        trials.searcher.adopt("9001", config)
    assert not trials.searcher._known
    assert not trials.searcher._pending


def test_one_point_scored_differently_is_one_of_mean_loss(lab, capfd):
    """The library would print about it, in red, and its model would break on the difference."""
    trials = lab({"n": ts.randint(0, 9), "m": ts.randint(0, 9)})
    for i in range(30):
        trials.observe(str(i), float(i), config={"n": i % 3, "m": 4})
    assert sorted(trials.searcher._told().target) == [-15.5, -14.5, -13.5]
    trials.suggest("next")
    assert capfd.readouterr() == ("", "")


def test_enormous_and_constant_losses_are_survived(lab):
    """A model of them is of no use, but there is a suggestion."""
    for losses in ([1e308, -1e308, 0.0, 1.0], [0.0] * 4):
        trials = lab(init_points=1)
        for i, loss in enumerate(losses):
            trials.suggest(str(i))
            trials.observe(str(i), loss)
        trials.suggest("next")


def test_a_search_of_mixed_spaces_that_does_not_converge_is_survived(lab, mixed, monkeypatch):
    """The library then raises; the best of the sampled points is suggested."""

    class Stubborn(acquisition.DifferentialEvolutionSolver):
        def solve(self):
            found = super().solve()
            found.success, found.message = False, "maximum number of iterations"
            return found

    monkeypatch.setattr(acquisition, "DifferentialEvolutionSolver", Stubborn)
    trials = lab(mixed, init_points=2, n_smart=1, n_random=10)
    trials.run(3)


def test_fits_run_in_one_thread_and_leave_global_generators_alone(lab, monkeypatch):
    """BLAS in several threads is slower here, and takes cores from the trials."""
    seen = []

    class Watched(acquisition.UpperConfidenceBound):
        def suggest(self, *args, **kwargs):
            seen.extend(library["num_threads"] for library in threadpool_info())
            return super().suggest(*args, **kwargs)

    before = np.random.get_state()[1].tolist(), random.getstate()  # noqa: NPY002 (the global one)
    lab(acquisition_function=Watched()).run(8)
    assert set(seen) == {1}
    assert before == (np.random.get_state()[1].tolist(), random.getstate())  # noqa: NPY002


def test_options_reach_the_library(lab):
    """Those of acquisition functions, of the process, and the library's own objects."""
    made = lab(kappa=1.5, exploration_decay=0.5, exploration_decay_delay=2).searcher._acquisition
    assert (made.kappa, made.exploration_decay, made.exploration_decay_delay) == (1.5, 0.5, 2)
    hedge = acquisition.GPHedge([ACQUISITIONS["ucb"](), ACQUISITIONS["ei"](xi=0.1)])
    trials = lab(acquisition_function=hedge, kernel=RBF(), alpha=0.25)
    trials.run(10, pending=2)
    assert hedge.i == 0
    told = trials.searcher._told()
    process = trials.searcher._process(told, told.target)
    assert (isinstance(process.kernel_, RBF), process.alpha) == (True, 0.25)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"acquisition_function": "ubc"}, "'ubc' is not possible; did you mean 'ucb'"),
        ({"acquisition_function": "zzz"}, "expected 'ucb', 'ei', 'poi' or AcquisitionFunction"),
        ({"kappa": -1.0}, "kappa=-1.0 is not possible; expected a number from 0"),
        ({"kappa": math.inf}, "kappa=inf is not possible; expected a number from 0"),
        ({"exploration_decay": 2.0}, "exploration_decay=2.0 .* expected a number above 0 to 1"),
        ({"init_points": 0}, "init_points=0 is not possible; expected a whole number from 1"),
        ({"alpha": -1.0}, "alpha=-1.0 is not possible; expected a number from 0"),
        ({"n_restarts_optimizer": -1}, "n_restarts_optimizer=-1 .* a whole number from 0"),
        ({"n_random": 0}, "n_random=0 is not possible; expected a whole number from 1"),
        ({"n_smart": -1}, "n_smart=-1 is not possible; expected a whole number from 0"),
    ],
)
def test_options_are_held_to_their_annotations(options, message):
    """The core does so, before anything is made of them."""
    spec = resolve("searcher", "bayesopt").spec
    with pytest.raises(OptionError, match=message):
        check_options(spec, BayesoptSearcher, options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"acquisition_function": "ei", "kappa": 1.0}, "'ei' has no 'kappa'"),
        ({"acquisition_function": ACQUISITIONS["ucb"](), "kappa": 1.0}, "made already"),
        (
            {"acquisition_function": acquisition.ConstantLiar(ACQUISITIONS["ucb"]())},
            "give its base_acquisition",
        ),
    ],
)
def test_what_cannot_be_done_is_said_at_once(lab, options, message):
    """Each mistake is an error before the first trial that names its fix."""
    with pytest.raises(OptionError, match=message):
        lab(**options)


@pytest.mark.parametrize("choice", ["ucb", "hedge"])
def test_a_restored_searcher_goes_on_as_if_nothing_had_happened(lab, mixed, choice):
    """Decayed exploration, gains, both generators and pending trials are in the state."""
    hedge = acquisition.GPHedge([ACQUISITIONS["ucb"](), ACQUISITIONS["ei"](xi=0.1)])
    how = {"acquisition_function": hedge} if choice == "hedge" else {"exploration_decay": 0.8}
    left, right = lab(mixed, **how), lab(mixed, **how)
    left.run(10, pending=3)
    right.searcher.restore(left.searcher.state())
    assert right.run(6, start=100) == left.run(6, start=100)


def test_seeds_differ(lab):
    """Another seed is another search."""
    assert lab(seed=1).run(3) != lab(seed=2).run(3)


def test_a_whole_experiment(tmp_path):
    """By name, through the core: a log scale, early stopping, a constraint and a failing trial."""

    def train(config):
        if config["act"] == "crash":
            raise ValueError(config)
        for step in range(1, 4):
            yield {"loss": abs(config["lr"] - 0.01) + 1 / step}

    results = tune.run(
        train,
        {"lr": tune.loguniform(1e-4, 1), "act": tune.choice(["relu", "tanh", "crash"])},
        metric="loss",
        mode="min",
        searcher={"name": "bayesopt", "n_random": 300, "n_smart": 0},
        scheduler={"name": "asha", "max_resource": 3},
        constraint=lambda config: config["lr"] < 0.9,
        executor="inline",
        num_samples=20,
        seed=1,
        storage=tmp_path,
        verbose=0,
    )
    assert len(results) == 20
    assert results.best.config["lr"] < 0.1
