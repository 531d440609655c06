"""The searcher with every kind of news, and what is special to CMA-ES."""

import random
import statistics
import warnings

import cmaes
import pytest

import tunesmith as tune
import tunesmith.space as ts
from tunesmith.errors import OptionError
from tunesmith.testing.convergence import assert_beats_random


def test_the_space_decides_on_the_algorithm(lab, mixed):
    """Real numbers only: CMA; anything else: CatCMA with margin."""
    assert isinstance(lab().searcher._optimizer, cmaes.CMA)
    assert isinstance(lab(mixed).searcher._optimizer, cmaes.CatCMAwM)
    assert isinstance(lab({"a": mixed["act"]}).searcher._optimizer, cmaes.CatCMAwM)


def test_a_serial_run_is_the_librarys_own(lab):
    """Nothing of ours is between samples and the update, as long as trials come in turn."""
    trials = lab()
    names = list(trials.problem.space.draw(random.Random(0)))
    seed = trials.problem.rng("cmaes").randrange(2**31)
    bounds = cmaes.CMA.__init__.__globals__["np"].array([[0.0, 1.0]] * 3)
    native = cmaes.CMA(bounds.mean(axis=1), 0.3, bounds, seed=seed)
    for generation in range(6):
        told = []
        for i in range(native.population_size):
            trial = f"{generation}-{i}"
            point = native.ask()
            config = trials.suggest(trial)
            cube = ts.Cube(trials.problem.space)
            assert [cube.decode(point)[name] for name in names] == [config[name] for name in names]
            told.append((point, config["x"] ** 2 + config["y"]))
            trials.observe(trial, told[-1][1])
        native.tell(told)


@pytest.mark.parametrize("space", ["real", "mixed"])
@pytest.mark.parametrize("pending", [0, 40])
def test_it_beats_random_search(lab, mixed, space, pending):
    """Best of 120, also with more trials pending than a generation has.

    A searcher that draws at random passes with a probability of .035 a case, 1e-6 in all four.
    """
    shown = {"space": mixed} if space == "mixed" else {}
    assert_beats_random(lab, trials=120, k_of_n=(7, 8), pending=pending, **shown)


def test_more_trials_than_a_generation_can_be_pending(lab):
    """All are suggested, all differ, and each generation is told once so many are back."""
    trials = lab()
    size = trials.searcher._optimizer.population_size
    configs = [trials.suggest(str(i)) for i in range(5 * size)]
    assert len({tuple(config.values()) for config in configs}) == 5 * size
    for i in reversed(range(5 * size)):
        trials.observe(str(i), trials.loss(configs[i]))
    assert trials.generation == 5


def test_failures_complete_a_generation_as_its_worst(lab):
    """A failed or diverged trial has a place behind all others: the search goes elsewhere."""
    trials = lab()
    for i in range(200):
        config = trials.suggest(str(i))
        if config["x"] > 0:
            trials.observe(str(i), *([float("nan")] if i % 2 else []), status="completed")
        else:
            trials.observe(str(i), (config["y"] - 0.5) ** 2)
    assert trials.generation == 200 // trials.searcher._optimizer.population_size
    late = [trials.suggest(f"late {i}")["x"] for i in range(40)]
    assert sum(x > 0 for x in late) < 10


def test_a_generation_of_failures_says_nothing(lab):
    """It is left out, and the next one stands on its own."""
    trials = lab()
    size = trials.searcher._optimizer.population_size
    for i in range(3 * size):
        trials.suggest(str(i))
        trials.observe(str(i), status="failed")
    assert trials.generation == 0
    trials.run(size, start=100)
    assert trials.generation == 1


def test_what_was_stopped_or_infeasible_leaves_no_gap(lab):
    """A generation is complete without them, and the same trial may be asked again."""
    trials = lab()
    size = trials.searcher._optimizer.population_size
    for i in range(size):
        trials.suggest(f"a{i}")
        trials.observe(f"a{i}", status="stopped")
        trials.suggest(f"b{i}")
        trials.observe(f"b{i}", status="infeasible")
        trials.suggest(f"b{i}")
        trials.observe(f"b{i}", 0.5 + i)
    assert trials.generation == 1


def test_trials_from_elsewhere_teach_it(lab, mixed):
    """After 100 random trials of an earlier run it starts where these were good.

    Means over five fixed seeds of twelve suggestions; cold it is 1.2, warm .6.
    """
    cold, warm = [], []
    for seed in range(5):
        trials, rng = lab(mixed, seed=seed), random.Random(seed)
        for i in range(100):
            config = trials.problem.space.draw(rng)
            trials.observe(f"old {i}", trials.loss(config), config=config)
        warm.append(statistics.mean(map(trials.loss, trials.run(12))))
        cold.append(statistics.mean(map(trials.loss, lab(mixed, seed=seed).run(12))))
    assert statistics.mean(warm) < 0.75 * statistics.mean(cold)


@pytest.mark.parametrize("space", ["real", "mixed"])
def test_a_fresh_searcher_told_everything_goes_on_where_the_old_one_was(lab, mixed, space):
    """As the core does when trials are compared at another resource."""
    old, new = [], []
    for seed in range(5):
        first = lab(mixed, seed=seed) if space == "mixed" else lab(seed=seed)
        configs = first.run(150)
        old.append(statistics.mean(map(first.loss, first.run(12, start=500))))
        second = lab(mixed, seed=seed + 50) if space == "mixed" else lab(seed=seed + 50)
        for i, config in enumerate(configs):
            second.observe(f"{i:04}", first.loss(config), config=config)
        new.append(statistics.mean(map(first.loss, second.run(12, start=500))))
    assert statistics.mean(new) < 2 * statistics.mean(old) + 0.02


def test_one_result_from_far_away_does_not_blow_up_the_distribution(lab):
    """Near the end of a search a foreign trial, however good, moves it by a sample's length."""
    trials = lab()
    trials.run(300)
    before = trials.searcher._optimizer._sigma
    far = {"x": -1.0, "y": -1.0, "lr": 1.0}
    for i in range(3):
        trials.observe(f"far {i}", -1.0, config=far)
    trials.run(trials.searcher._optimizer.population_size, start=500)
    assert trials.searcher._optimizer._sigma < 4 * before


def test_a_trial_is_learnt_once_and_with_the_configuration_it_had(lab):
    """The same end twice counts once, its later value if there is time; a fork counts as it is."""
    trials = lab()
    config = trials.suggest("0001")
    trials.observe("0001", 0.5)
    trials.observe("0001", 0.25)
    forked = {**trials.suggest("0002"), "x": 0.125}
    trials.observe("0002", 0.75, config=forked)
    first, second = trials.searcher._results
    assert (first.loss, second.loss) == (0.25, 0.75)
    layout = trials.searcher._layout
    assert layout.decode(first.sample, layout.none) == config
    assert layout.decode(*second.sample)["x"] == 0.125


@pytest.mark.parametrize("config", [{}, {"x": 7, "y": 0, "lr": 0.1}, {"z": 1}])
def test_a_trial_from_outside_the_space_is_left_out(lab, config):
    """It cannot be placed."""
    trials = lab()
    trials.observe("9001", 0.5, config=config)
    assert not trials.searcher._results


def test_it_starts_anew_where_it_has_converged(lab):
    """Thousands of steps hold; each restart has a larger population and a start of its own."""
    trials = lab()
    size = trials.searcher._optimizer.population_size
    configs = trials.run(3000, pending=3)
    assert trials.searcher._restarts >= 1
    assert trials.searcher._optimizer.population_size >= 2 * size
    assert min(map(trials.loss, configs)) < 1e-9


def test_trials_of_before_a_restart_do_not_lead_back(lab):
    """What was pending then is passed over."""
    trials = lab()
    trials.suggest("late")
    trials.searcher._restarts += 1
    trials.observe("late", -5.0)
    assert not trials.searcher._results


@pytest.mark.parametrize("name", ["real", "mixed", "options", "level"])
def test_equal_losses_are_survived_in_silence(lab, mixed, name):
    """The library divides by their spread; no warning leaks, and it goes on."""
    space = {"options": {"a": mixed["act"], "on": mixed["on"]}, "level": {"n": mixed["n"]}}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trials = lab(space[name]) if name in space else lab(mixed) if name == "mixed" else lab()
        for i in range(300):
            trials.suggest(str(i))
            trials.observe(str(i), 1.0)


@pytest.mark.parametrize("space", ["real", "mixed"])
@pytest.mark.parametrize("steps", [3, 45])
def test_a_restored_searcher_goes_on_as_if_nothing_had_happened(lab, mixed, space, steps):
    """To the bit: also the generator of CMA, which the library's own pickling leaves out."""
    left, right = (lab(mixed) if space == "mixed" else lab() for _ in range(2))
    left.run(steps, pending=2)
    right.searcher.restore(left.searcher.state())
    right.configs = dict(left.configs)
    assert right.run(40, start=100) == left.run(40, start=100)


def test_seeds_differ_and_global_generators_are_left_alone(lab):
    """Another seed is another search, and nothing is drawn from NumPy's or Python's generator."""
    import numpy as np

    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    assert lab(seed=1).run(9) != lab(seed=2).run(9)
    assert before == (random.getstate(), np.random.get_state()[1].tolist())  # noqa: NPY002


def test_options_reach_the_library(lab):
    """By the library's names."""
    optimizer = lab(population_size=9, sigma=0.1, lr_adapt=True).searcher._optimizer
    assert (optimizer.population_size, optimizer._sigma, optimizer._lr_adapt) == (9, 0.1, True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"population_size": 3}, "population_size=3; expected a whole number, 4"),
        ({"population_size": 4.5}, "population_size=4.5"),
        ({"sigma": 0}, "sigma=0, restart_growth=2.0; expected more than 0"),
        ({"restart_growth": 0.5}, "restart_growth=0.5"),
        ({"n_max_resampling": 0}, "n_max_resampling=0"),
    ],
)
def test_what_cannot_be_done_is_said_at_once(lab, options, message):
    """Each mistake is an error before the first trial that names its fix."""
    with pytest.raises(OptionError, match=message):
        lab(**options)


def test_an_option_for_reals_is_refused_elsewhere(lab, mixed):
    """CatCMAwM has no learning rate adaptation."""
    with pytest.raises(OptionError, match=r"'lr_adapt': True.*real numbers only"):
        lab(mixed, lr_adapt=True)


def test_a_space_of_constants_has_one_configuration(lab):
    """Nothing is left to search, and that is no error."""
    trials = lab({"fixed": 3})
    assert trials.run(3, pending=1) == [{}, {}, {}]
    assert trials.searcher.state()


def test_it_tunes_by_name(tmp_path):
    """From the front door, with categories and a log scale."""

    def train(config):
        return {"loss": (config["x"] - 0.3) ** 2 + (config["act"] != "tanh")}

    results = tune.run(
        train,
        {"x": tune.uniform(-1, 1), "act": tune.choice(["relu", "tanh", "gelu"])},
        metric="loss",
        mode="min",
        searcher={"name": "cmaes", "population_size": 8},
        executor="inline",
        num_samples=60,
        storage=tmp_path,
        seed=1,
        verbose=0,
    )
    assert results.best.config["act"] == "tanh"
    assert abs(results.best.config["x"] - 0.3) < 0.1
