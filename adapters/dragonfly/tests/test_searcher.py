"""The searcher with its model, and with all kinds of news."""

import random
import warnings

import numpy as np
import pytest

import tunesmith as tune
from tunesmith.errors import OptionError
from tunesmith.testing.convergence import assert_beats_random
from tunesmith_dragonfly.searcher import Slice, model


def told(trials):
    """Return the values that the bandit has, as losses."""
    bandit = trials.searcher._bandit
    known = [*bandit.prev_eval_vals, *bandit.history.query_vals]
    return sorted(-value for value in known)


@pytest.mark.parametrize("pending", [0, 3])
def test_the_model_is_used_once_enough_trials_are_known(lab, mixed, pending):
    """On every kind of parameter, serially and with three trials under way; all differ."""
    trials = lab(mixed, init_capital=3)
    made = trials.run(8, pending=pending)
    assert len({tuple(config.values()) for config in made}) == 8
    assert told(trials) == sorted(trials.losses(config)[0] for config in made[: 7 - pending])


def test_the_model_is_made_anew_now_and_then(lab):
    """After so many trials; until then the one there is learns them, failures as the worst yet."""
    trials = lab(init_capital=1, build_new_model_every=3)
    made = []
    for i in range(7):
        trials.suggest(str(i))
        made.append(trials.searcher._bandit)
        trials.observe(str(i), *[float(i)] * (i != 3))
    assert [made.index(one) for one in made] == [0, 0, 2, 2, 2, 5, 5]
    trials.suggest("7")
    assert told(trials) == [0.0, 1.0, 2.0, 4.0, 4.0, 5.0, 6.0]


def test_a_sampler_that_steps_without_end_is_given_up(lab, monkeypatch):
    """The likeliest hyperparameters then take the place of sampled ones, and all else goes on."""
    lost = []

    def sampler(*arguments):
        lost.append(arguments)
        return Slice(*arguments, iter_limit=0)

    monkeypatch.setattr(model, "Slice", sampler)
    trials = lab(init_capital=1, options={"gpb_hp_tune_criterion": "post_sampling"})
    made = trials.run(5)
    assert lost
    assert len({tuple(config.values()) for config in made}) == 5
    assert told(trials) == sorted(trials.losses(config)[0] for config in made[:4])


def test_every_whole_number_comes_as_often(lab):
    """Of 60 initial points, in a Latin hypercube, each of five numbers has 12, give or take one."""
    space = {"n": tune.randint(-2, 3), "x": tune.uniform(0, 1)}
    made = lab(space, init_capital=59).run(60)
    counts = [[config["n"] for config in made].count(n) for n in range(-2, 3)]
    assert all(11 <= count <= 13 for count in counts)


def test_trials_under_way_are_hallucinated(lab):
    """Their points are in progress to the bandit while it is asked; adopted ones are too."""
    trials = lab(init_capital=1)
    trials.run(4)
    trials.suggest("a")
    trials.searcher.adopt("b", {"x": 0.5, "y": -0.5})
    seen = []
    bandit = trials.searcher._bandit
    ask = bandit.ask
    bandit.ask = lambda: (seen.extend(bandit.eval_points_in_progress), ask())[1]
    trials.suggest("c")
    assert len(seen) == 2
    assert np.allclose(seen[1][0], [0.75, 0.25])


def test_trials_from_elsewhere_take_the_place_of_initial_ones(lab):
    """Enough of an earlier run, and the first suggestion is the model's."""
    trials = lab(init_capital=3)
    rng = random.Random(1)
    for i in range(5):
        config = trials.problem.space.draw(rng)
        trials.observe(f"9{i}", *trials.losses(config), config=config)
    trials.suggest("0")
    assert len(told(trials)) == 5


def test_only_failures_are_no_model(lab):
    """After the initial points it goes on at random."""
    trials = lab(init_capital=2)
    for i in range(6):
        trials.suggest(str(i))
        trials.observe(str(i), status="failed")
    assert len({tuple(config.values()) for config in trials.configs.values()}) == 6


def test_a_trial_is_learnt_with_the_configuration_it_had(lab):
    """One without a value that was stopped is forgotten; a fork counts as what it became."""
    trials = lab()
    trials.suggest("0")
    trials.observe("0", status="stopped")
    assert trials.searcher._trials == {}
    config = trials.suggest("1")
    trials.observe("1", 0.5, config={**config, "x": -0.5})
    assert trials.searcher._trials["1"][0][0] == pytest.approx(0.25)
    trials.observe("1", 0.25)
    assert trials.searcher._trials["1"][1] == 0.25


def test_infeasible_suggestions_are_bad_and_do_not_replace_the_trial(lab):
    """The same trial is asked for again, and what it then gets is known beside them."""
    trials = lab(init_capital=1, build_new_model_every=1)
    for i in range(3):
        trials.suggest("a")
        trials.observe("a", status="infeasible", resource=0.0)
        trials.suggest(f"b{i}")
        trials.observe(f"b{i}", float(i))
    trials.suggest("c")
    assert told(trials) == [0.0, 1.0, 2.0, 2.0, 2.0, 2.0]


@pytest.mark.parametrize("config", [{}, {"x": 7, "y": 0.1}, {"z": 1}])
def test_a_trial_from_outside_the_space_is_left_out(lab, config):
    """It cannot be placed."""
    trials = lab()
    trials.observe("9001", 0.5, config=config)
    trials.searcher.adopt("9002", config)
    assert trials.searcher._trials == {}


def test_equal_losses_are_survived_in_silence(lab, capfd, caplog):
    """Nothing to learn, and still no point twice; no warning, print or log line leaks."""
    trials = lab({"x": tune.uniform(-1, 1)}, init_capital=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for i in range(8):
            trials.suggest(str(i))
            trials.observe(str(i), 0.5)
    assert len({config["x"] for config in trials.configs.values()}) == 8
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


def test_global_generators_do_not_matter_and_are_left_alone(lab, mixed):
    """Dragonfly draws from NumPy's and Python's own; private ones stand in for them."""
    runs = []
    for seed in (1, 2):
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002  (what the library uses)
        theirs = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
        runs.append(lab(mixed, init_capital=3).run(7, pending=1))
        assert (random.getstate(), np.random.get_state()[1].tolist()) == theirs  # noqa: NPY002
    assert runs[0] == runs[1]
    assert lab(mixed, seed=1).run(2) != runs[0][:2]


def test_options_reach_the_library(lab):
    """By the library's names."""
    bandit = lab(
        acq="ei-ucb", init_capital=2, options={"handle_parallel": "naive"}
    ).searcher._bandit
    assert bandit.acqs_to_use == ["ei", "ucb"]
    assert len(bandit.first_qinfos) == 3
    assert bandit.options.handle_parallel == "naive"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"acq": "ei-ucp"}, "acq='ei-ucp' has 'ucp'; expected 'default' or some of ts, ucb"),
        ({"build_new_model_every": 0}, "build_new_model_every=0"),
        ({"init_capital": 0}, "init_capital=0 is not possible; expected 1"),
        ({"options": {"handle_paralel": 1}}, "did you mean 'handle_parallel'"),
        ({"options": {"acq": "ei"}}, "options has 'acq'"),
    ],
)
def test_what_cannot_be_done_is_said_at_once(lab, options, message):
    """Each mistake is an error before the first trial that names its fix."""
    with pytest.raises(OptionError, match=message):
        lab(**options)


def test_a_space_of_constants_has_one_configuration(lab):
    """Nothing is left to search, and that is no error."""
    assert lab({"fixed": 3}).run(3, pending=1) == [{}, {}, {}]


def test_it_beats_random_search(lab):
    """Best of 16 on five seeds of five: chance does that with a probability of .031."""
    assert_beats_random(lab, trials=16, k_of_n=(5, 5))


def test_it_tunes_by_name(tmp_path):
    """From the front door, with categories and a log scale."""

    def train(config):
        return {"loss": config["lr"] + (config["act"] != "tanh")}

    results = tune.run(
        train,
        {"lr": tune.loguniform(1e-4, 1), "act": tune.choice(["relu", "tanh", "gelu"])},
        metric="loss",
        mode="min",
        searcher={"name": "dragonfly", "options": {"gpb_hp_tune_criterion": "ml"}}
        | {"init_capital": 8},
        executor="inline",
        num_samples=9,
        storage=tmp_path,
        seed=1,
        verbose=0,
    )
    assert results.best.metrics["loss"] < 1
    assert {type(trial.config["lr"]) for trial in results} == {float}


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("pending", [0, 4])
def test_130_steps_hold(lab, mixed, pending):
    """As long as experiments last, on every kind of parameter."""
    assert len(lab(mixed).run(130, pending=pending)) == 130


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_the_librarys_own_settings_hold(lab, mixed):
    """With nothing shortened, past the point at which the model is made anew."""
    assert len(lab(mixed, options={}).run(30, pending=2)) == 30
