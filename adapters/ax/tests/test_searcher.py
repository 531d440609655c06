"""The searcher with every kind of space and news; steps of the model are few, each is seconds."""

import logging
import random
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import tunesmith as tune
import tunesmith.space as ts
from tunesmith.errors import CapabilityError, MissingLibraryError, OptionError
from tunesmith.plugins import resolve
from tunesmith.plugins.factories import check_options
from tunesmith.protocols import SearchExhausted
from tunesmith.testing.spaces import domains
from tunesmith_ax.searcher import AxSearcher

REAL = {"x": ts.uniform(-1, 1), "lr": ts.loguniform(1e-4, 1)}
QUICK = {"method": "random_search"}


@pytest.fixture(scope="module")
def modelled(lab):
    """The state of a searcher that knows five trials, so that its model suggests the next."""
    trials = lab(REAL)
    trials.run(5)
    return trials.searcher.state()


def global_state():
    """Return the states of all generators of the process."""
    return random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()  # noqa: NPY002


def test_pending_trials_are_known_to_the_model_and_to_a_restored_one(lab, modelled):
    """Two suggestions at once differ, and a searcher restored between them makes the same."""
    left, right = lab(REAL), lab(REAL)
    left.searcher.restore(modelled)
    first = left.suggest("a")
    right.searcher.restore(left.searcher.state())
    second = left.suggest("b")
    assert right.suggest("b") == second
    assert first != second


def test_ax_works_in_one_thread_in_silence_and_leaves_the_process_as_it_was(
    lab, modelled, monkeypatch, capfd, caplog
):
    """A model step, and what is learnt of it: no line, no warning, generators and threads kept."""
    trials, seen = lab(REAL), []
    trials.searcher.restore(modelled)
    client, threads, before = trials.searcher._client, torch.get_num_threads(), global_state()
    log = logging.getLogger("ax")
    handlers = [*log.handlers]
    step = client.get_next_trials
    monkeypatch.setattr(
        client, "get_next_trials", lambda n: (seen.append(torch.get_num_threads()), step(n))[1]
    )
    torch.set_num_threads(2)
    try:
        trials.suggest("a")
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
    trials.observe("a", 0.5)
    assert seen == [1]
    assert global_state() == before
    assert not [record for record in caplog.records if record.name.startswith("ax")]
    assert capfd.readouterr() == ("", "")
    assert log.handlers == handlers


def test_every_objective_is_told_to_ax(lab):
    """All are minimised, and a trial that diverged is the worst in each."""
    trials = lab({"x": ts.uniform(-1, 1)}, objectives=2, **QUICK)
    for trial, values in {"a": (1.0, 5.0), "b": (2.0, 3.0), "c": ()}.items():
        trials.suggest(trial)
        trials.observe(trial, *values)
    assert [values for _, values in trials.trials()] == [[1.0, 5.0], [2.0, 3.0], [2.0, 5.0]]
    metrics = trials.searcher._client._experiment.metrics
    assert [metrics[name].lower_is_better for name in ("loss0", "loss1")] == [True, True]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_objectives_are_modelled(lab):
    """Both are minimised: no suggestion is farther out than both optima, x = .3 and -.2."""
    trials = lab({"x": ts.uniform(-1, 1)}, objectives=2)
    trials.run(5)
    assert -0.5 < trials.suggest("next")["x"] < 0.6


def test_conditional_parameters_are_there_when_active(lab, conditional):
    """Also two levels deep, in Ax's own tree of parameters; other searchers' trials fit in."""
    trials = lab(conditional, **QUICK)
    chance = random.Random(1)
    for i in range(4):
        trials.observe(f"{i}", float(i), config=trials.problem.space.draw(chance))
    sizes = {len(trials.suggest(f"new {i}")) for i in range(5)}
    assert sizes <= {2, 3, 4}
    assert len(sizes) > 1


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_conditional_parameters_are_modelled(lab, conditional):
    """The model suggests active parameters only, too."""
    assert len(lab(conditional).run(9)) == 9


@settings(max_examples=12)
@given(domain=domains, log=st.booleans())
def test_ax_takes_every_domain(lab, domain, log):
    """None is refused, and what Ax makes of it is in the space."""
    trials = lab({"x": domain, "y": ts.loguniform(1e-9, 1e-8) if log else 1}, **QUICK)
    if trials.problem.space.parameters:
        for trial in ("centre", "sobol"):
            trials.suggest(trial)


def test_every_end_of_a_trial_is_ended_in_ax(lab):
    """Failed ones are never suggested again, released ones may be, diverged ones are the worst."""
    trials = lab(**QUICK)
    for trial in "abcdefg":
        trials.suggest(trial)
    trials.observe("a", status="completed")
    trials.observe("b", 3.0)
    trials.observe("c", 2.0)
    trials.observe("d", status="completed")
    trials.observe("e", status="failed")
    trials.observe("f", status="stopped")
    assert trials.trials() == [
        ("ABANDONED", []),
        ("COMPLETED", [3.0]),
        ("COMPLETED", [2.0]),
        ("COMPLETED", [3.0]),
        ("ABANDONED", []),
        ("FAILED", []),
        ("RUNNING", []),
    ]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_enormous_losses_are_survived(lab, modelled):
    """They are cut to what can be squared."""
    trials = lab(REAL)
    trials.searcher.restore(modelled)
    for i, value in enumerate([1e308, -1e308]):
        trials.observe(str(i), value, config=trials.problem.space.draw(random.Random(i)))
    assert [values for _, values in trials.trials()[5:]] == [[1e100], [-1e100]]
    trials.suggest("next")


def test_an_infeasible_suggestion_is_not_mixed_up_with_the_next(lab):
    """It counts as the worst, and the trial goes on under the same name."""
    trials = lab(**QUICK)
    trials.suggest("a")
    trials.observe("a", 3.0)
    trials.suggest("b")
    trials.observe("b", status="infeasible")
    trials.suggest("b")
    trials.observe("b", 1.0)
    assert [values for _, values in trials.trials()] == [[3.0], [3.0], [1.0]]


def test_the_last_that_is_said_about_a_trial_holds(lab):
    """Changed values replace; a changed configuration (a clone's) is learnt in its own place."""
    trials = lab(**QUICK)
    first = trials.suggest("a")
    trials.observe("a", 2.0)
    trials.observe("a", 1.0)
    trials.observe("a", status="stopped")
    trials.suggest("b")
    other = {**first, "x": -first["x"] or 0.5}
    trials.searcher.adopt("b", other)
    trials.observe("b", 4.0, config=other)
    assert trials.trials() == [
        ("COMPLETED", [1.0]),
        ("FAILED", []),
        ("COMPLETED", [4.0]),
    ]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_trials_never_suggested_are_learnt_and_count_as_initialization(lab):
    """Warm starts and points to evaluate: after five of them the model suggests, not Sobol."""
    trials = lab(initialization_budget=5)
    chance = random.Random(3)
    for i in range(6):
        trials.observe(f"earlier {i}", float(i), config=trials.problem.space.draw(chance))
    trials.searcher.adopt("running", trials.problem.space.draw(chance))
    assert [status for status, _ in trials.trials()] == ["COMPLETED"] * 6 + ["RUNNING"]
    for trial in "ab":
        trials.suggest(trial)
    runs = trials.searcher._client._generation_strategy._generator_runs
    assert "MBM" in [run._generation_node_name for run in runs]


def test_configurations_from_another_space_are_passed_over(lab):
    """As observations and as trials under way."""
    trials = lab(**QUICK)
    for config in ({}, {"x": 7}, {"y": 1}):
        trials.observe("9001", 0.5, config=config)
        trials.searcher.adopt("9001", config)
    assert trials.trials() == []


def test_a_finite_space_ends(lab):
    """Ax gives up when it finds nothing new; what is left is drawn, and then the search is over."""
    trials = lab({"n": ts.randint(0, 3), "act": ts.choice(["a", "b"])}, **QUICK)
    found = {tuple(config.values()) for config in trials.run(6, pending=2)}
    assert len(found) == 6
    for _ in range(2):
        with pytest.raises(SearchExhausted):
            trials.searcher.suggest("more")


def test_nothing_is_suggested_while_ax_waits_for_results(lab):
    """With `allow_exceeding_initialization_budget=False` it asks for some before it goes on."""
    trials = lab(initialization_budget=2, allow_exceeding_initialization_budget=False)
    assert trials.suggest("a")
    assert trials.suggest("b")
    assert trials.suggest("c") is None


def test_a_space_that_ax_cannot_search_is_refused_at_once(lab):
    """More options than Ax takes are an error before the first trial."""
    with pytest.raises(CapabilityError, match=r"Ax cannot search this space: .*1000"):
        lab({"x": ts.choice(list(range(1001)))})


@pytest.mark.parametrize("name", ["initialization_budget", "min_observed_initialization_trials"])
def test_counts_are_whole_numbers_from_0(name):
    """The core holds options to their annotations, before anything is made of them."""
    spec = resolve("searcher", "ax").spec
    with pytest.raises(OptionError, match=f"{name}=-1 is not possible; expected a whole number"):
        check_options(spec, AxSearcher, {name: -1})


def test_a_missing_library_is_named_with_its_extra(lab, monkeypatch):
    """The fully Bayesian model needs what Ax itself does not bring."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingLibraryError, match=r"pip install 'tunesmith-ax\[quality\]'"):
        lab(method="quality")


def test_seeds_differ(lab):
    """Another seed is another search."""
    assert lab(seed=1, **QUICK).run(3) != lab(seed=2, **QUICK).run(3)


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
        searcher={"name": "ax", "initialization_budget": 8},
        scheduler={"name": "asha", "max_resource": 3},
        constraint=lambda config: config["lr"] < 0.9,
        executor="inline",
        num_samples=9,
        seed=1,
        storage=tmp_path,
        verbose=0,
    )
    assert len(results) == 9
    assert "ax" in sys.modules


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize(("space", "pending"), [(None, 0), (REAL, 4)])
def test_130_steps_hold(lab, space, pending):
    """The model is of use for long, too: at the end of the run it searches near the optimum.

    Random suggestions have a mean |x - .3| of .55; 20 of them below .2: chance below 1e-5.
    """
    last = lab(space, initialization_budget=100).run(130, pending)[-20:]
    assert sum(abs(config["x"] - 0.3) for config in last) / 20 < 0.2


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_it_is_better_than_random_search(lab):
    """On a bowl in two dimensions, the last six of twelve suggestions, over three seeds.

    A random point is that good with a chance of .08: nine of 18 are with one below 1e-5.
    """

    def loss(config):
        return (config["x"] - 0.3) ** 2 + (config["y"] + 0.5) ** 2

    space, good = {"x": ts.uniform(-1, 1), "y": ts.uniform(-1, 1)}, 0
    for seed in range(3):
        good += sum(loss(config) < 0.1 for config in lab(space, seed=seed).run(12, loss=loss)[6:])
    assert good >= 9
