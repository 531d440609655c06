"""The searchers with every kind of space and news."""

import itertools
import logging
import math
import random

import numpy as np
import pytest

import tunesmith as tune
import tunesmith.space as ts
from tunesmith.errors import OptionError
from tunesmith.protocols import SearchExhausted

FINITE = {"n": ts.randint(0, 4), "act": ts.choice(["relu", "tanh"]), "w": ts.ordinal([16, 64])}
STEPPED = {**FINITE, "x": ts.quniform(0, 1, 0.05)}
CONDITIONAL = {
    "lr": ts.loguniform(1e-4, 1),
    "kind": ts.choice([{"name": "sgd", "momentum": ts.uniform(0, 1)}, {"name": "adam"}]),
}


def bowl(config):
    """Return how far the real numbers are from .3."""
    return sum((value - 0.3) ** 2 for value in config.values() if isinstance(value, float))


def states(trials):
    """Return how many of the global search's trials are in each of Optuna's states."""
    found = [trial.state.name for trial in trials.flaml._gs._ot_study.get_trials(deepcopy=False)]
    return {state: found.count(state) for state in found}


def test_it_finds_what_random_search_does_not(lab):
    """Of 6 seeds, 5 come within .33 of the optimum in 60 steps.

    A random point of the cube of 5 dimensions does by a chance of 6.6e-4, one of 60 below .04: 5 of
    6 times below 1e-6.
    """
    space = {name: ts.uniform(-1, 1) for name in "abcde"}
    best = [min(map(bowl, lab(space, seed=seed).run(60))) for seed in range(6)]
    assert sum(loss < 0.11 for loss in best) >= 5


@pytest.mark.parametrize("pending", [0, 4])
def test_130_steps_never_wait(lab, pending):
    """FLAML's own None, for what it has tried before, never reaches the core."""
    assert len(lab(STEPPED).run(130, pending)) == 130


def test_flaml_is_asked_again_before_anything_is_drawn(lab, monkeypatch):
    """Where it comes back to what it has tried, the next suggestion is still its own."""
    trials = lab({"n": ts.randint(0, 1000)})
    monkeypatch.setattr(trials.searcher, "_draw", None)
    asks = []
    suggest = trials.flaml.suggest
    monkeypatch.setattr(trials.flaml, "suggest", lambda key: asks.append(key) or suggest(key))
    assert len(trials.run(60, loss=lambda config: abs(config["n"] - 700))) == 60
    assert len(asks) > 60


def test_a_finite_space_is_tried_out_and_then_over(lab):
    """Each of 16 configurations comes once; then the search says that it is exhausted."""
    trials = lab(FINITE)
    tried = {tuple(config.items()) for config in trials.run(16)}
    assert len(tried) == 16
    for _ in range(2):
        with pytest.raises(SearchExhausted):
            trials.suggest("more")


def test_the_search_starts_where_training_is_cheap(lab):
    """The first suggestion has the cheap values, and later ones move away from them in steps."""
    space = {
        "size": ts.lograndint(4, 4096),
        "act": ts.choice(["relu", "tanh"]),
        "x": ts.randint(0, 9),
    }
    cheap = {"size": 4, "act": "tanh"}
    trials = lab(space, low_cost_partial_config=cheap)
    first = trials.suggest("0000")
    assert {path: first[path] for path in cheap} == cheap
    trials.observe("0000", 1.0)
    sizes = [config["size"] for config in trials.run(8, start=1, loss=lambda _: 2.0)]
    # Of random ones, drawn evenly on this scale, 8 below 256 have a chance below .02.
    assert max(sizes) < 256


def test_what_costs_little_goes_on_longer(make):
    """With costs, BlendSearch suggests otherwise; without, they have no influence."""

    def suggested(cost, **options):
        trials = make("blendsearch", **options)
        for i in range(60):
            config = trials.suggest(str(i))
            cost_s = cost * (1000.0 if config["x"] > 0 else 1.0)
            trials.observe(str(i), bowl(config), cost_s=cost_s, metrics={"flops": cost_s})
        return list(trials.configs.values())

    assert suggested(0.0) == suggested(1.0)
    by_time = suggested(1.0, cost_attr="cost_s")
    assert by_time == suggested(1.0, cost_attr="flops") != suggested(1.0)


def test_a_cost_that_is_not_reported_is_an_error(make):
    """It names the option, the trial and the way out."""
    trials = make("blendsearch", cost_attr="flops")
    trials.suggest("0007")
    with pytest.raises(OptionError, match=r"cost_attr='flops': trial 0007 reported None; report a"):
        trials.observe("0007", 1.0)


@pytest.mark.parametrize(
    ("cheap", "message"),
    [
        ({"lrr": 1}, "no unconditional parameter 'lrr'; did you mean 'lr'"),
        ({"lr": 2.0}, "low_cost_partial_config: .*2.0"),
        ({"kind[sgd]/momentum": 0.1}, "no unconditional parameter 'kind"),
    ],
)
def test_a_cheap_configuration_must_be_one_of_the_space(make, cheap, message):
    """Unknown, conditional and impossible ones are refused before the first trial."""
    with pytest.raises(OptionError, match=message):
        make("blendsearch", CONDITIONAL, low_cost_partial_config=cheap)


@pytest.mark.parametrize("status", ["failed", "completed", "stopped", "infeasible"])
def test_trials_without_values_leave_nothing_pending(lab, status):
    """They are in error for FLAML, and the search goes on."""
    trials = lab()
    for i in range(20):
        trials.suggest(f"e{i}")
        trials.observe(f"e{i}", status=status)
    assert trials.searcher._pending == {}
    assert trials.flaml._trial_proposed_by == {}
    if trials.flaml._gs:
        # What diverged or is not allowed is bad to TPE, which forgets what failed.
        ended = "PRUNED" if status in ("completed", "infeasible") else "FAIL"
        assert ended in states(trials).keys() <= {"FAIL", ended}
    assert len(trials.run(10)) == 10


def test_four_suggestions_at_once_differ(lab):
    """Also where FLAML begins at one and the same point."""
    trials = lab(low_cost_partial_config={"x": 0.0, "lr": 0.1, "n": 1})
    made = [tuple(trials.suggest(str(i)).items()) for i in range(4)]
    assert len(set(made)) == 4


def test_results_from_elsewhere_move_the_search(lab):
    """A fresh searcher that is told of earlier trials goes on from the best of them at once."""
    told, chance = lab(low_cost_partial_config={"x": 1.0}), random.Random(2)
    for i in range(40):
        config = told.problem.space.draw(chance)
        told.observe(f"w{i}", 1 + abs(config["n"] - 4), config=config)
    best = {"x": -0.9, "lr": 2e-4, "n": 4}
    told.observe("best", 0.0, config=best)
    leading = min(list(told.flaml._search_thread_pool.values())[1:], key=lambda t: t.obj_best1)
    assert leading.obj_best1 == 0.0
    assert leading._search_alg.best_config == pytest.approx({"x0": -0.9, "x1": 2e-4, "x2": 4})
    assert told.suggest("next")["x"] < 1.0


def test_the_global_search_learns_each_result_under_its_own_configuration(make):
    """Also where FLAML put another one in the place of its suggestion; and it waits for none."""
    trials = make("blendsearch", low_cost_partial_config={"x": -1.0, "n": 1})
    trials.searcher.adopt("a", foreign := {"x": 0.25, "lr": 0.5, "n": 3})
    trials.run(80)
    trials.observe("a", bowl(foreign), config=foreign)
    trials.observe("b", 9.0, config={"x": 0.5, "lr": 0.25, "n": 3})
    known = [t for t in trials.flaml._gs._ot_study.get_trials(deepcopy=False) if t.values]
    assert states(trials).keys() <= {"COMPLETE", "FAIL"}
    assert len(known) >= 10
    losses = [(t.params["x0"] - 0.3) ** 2 + (t.params["x1"] - 0.3) ** 2 for t in known[:-1]]
    assert [t.values[0] for t in known[:-1]] == pytest.approx(losses)
    assert known[-1].values == [9.0]


def test_a_pending_configuration_is_not_suggested_again(lab):
    """What is under way from elsewhere counts as tried."""
    trials, space = lab(FINITE), ts.parse_space(FINITE)
    flat = space.draw(random.Random(1))
    trials.searcher.adopt("a", flat)
    assert flat not in trials.run(15)


def test_a_trial_that_went_on_with_another_configuration_is_learnt_with_that(lab):
    """Its result says nothing about what was suggested."""
    trials = lab()
    trials.run(5, loss=lambda _: 1.0)
    trials.suggest("a")
    trials.observe("a", 0.0, config={"x": 0.9, "lr": 0.5, "n": 2})
    (key,) = [key for key, result in trials.flaml._result.items() if result.get("loss") == 0.0]
    assert key == pytest.approx((0.9, 0.5, 2))


def test_strange_news_is_passed_over(lab):
    """Configurations from elsewhere, repeated results, and trials that are not over."""
    trials = lab()
    trials.searcher.adopt("a", {"y": 1})
    trials.observe("b", 0.5, config={"x": 5.0, "lr": 0.1, "n": 1})
    trials.suggest("c")
    trials.observe("c", 0.5, status="running")
    assert trials.searcher._pending.keys() == {"c"}
    for loss in (0.5, 0.1):
        trials.observe("c", loss)
    assert [result["loss"] for result in trials.flaml._result.values()] == [0.5]


def test_both_options_of_a_conditional_space_are_searched(make):
    """A parameter is there where it exists, and the better option is suggested more."""
    made = make("blendsearch", CONDITIONAL).run(
        120, loss=lambda config: bowl({"kind[sgd]/momentum": 1.3, **config})
    )
    assert {len(config) for config in made} == {2, 3}
    # Half at random: 40 or more of 60 have a chance below .01.
    assert sum(len(config) == 3 for config in made[60:]) >= 40


def test_nothing_global_is_touched_or_told(lab, caplog, capfd):
    """No message, no draw from the generators that everybody shares, no logging level changed."""
    caplog.set_level(logging.INFO)
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002  (what must stay untouched)
    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    lab(STEPPED).run(40, 2)
    assert before == (random.getstate(), np.random.get_state()[1].tolist())  # noqa: NPY002
    assert (caplog.messages, *capfd.readouterr()) == ([], "", "")


def test_extreme_losses_break_nothing(lab):
    """Huge and equal ones are numbers like others."""
    losses = itertools.cycle([1e308, -1e308, 0.0, 0.0, 5e-324])
    configs = lab().run(60, loss=lambda _: next(losses))
    assert all(math.isfinite(value) for config in configs for value in config.values())


@pytest.mark.parametrize("name", ["blendsearch", "cfo"])
def test_an_experiment_runs_by_name(tmp_path, name):
    """With a scheduler that cuts trials short, and points to start from."""

    def train(config):
        for epoch in range(9):
            yield {"loss": (config["x"] - 0.3) ** 2 + 1 / (1 + epoch)}

    results = tune.run(
        train,
        {"x": tune.uniform(0, 1), "size": tune.lograndint(4, 64), "z": tune.randn(0, 1)},
        metric="loss",
        mode="min",
        searcher={"name": name, "low_cost_partial_config": {"size": 4}},
        scheduler={"name": "asha", "max_resource": 9},
        points_to_evaluate=[{"x": 0.9}],
        num_samples=30,
        executor="inline",
        storage=tmp_path,
        seed=1,
        verbose=0,
    )
    assert len(results.trials) == 30
    assert abs(results.best.config["x"] - 0.3) < 0.2
