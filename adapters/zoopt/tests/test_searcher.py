"""The searcher with every kind of space and news."""
# ruff: noqa: NPY002  (ZOOpt draws from the generator that everybody shares)

import base64
import math
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tunesmith as tune
import tunesmith.space as ts
from tunesmith.errors import OptionError
from tunesmith_zoopt.searcher import Parameter, SRacosTune, ZooptSearcher

FINITE = {"n": ts.randint(0, 4), "act": ts.choice(["relu", "tanh"])}


def bowl(config):
    """Return how far the real numbers are from .3."""
    return sum((value - 0.3) ** 2 for value in config.values() if isinstance(value, float))


def test_it_finds_what_random_search_does_not(lab):
    """Of 6 seeds, 5 come within .28 of the optimum in 100 steps.

    A random point of the cube of 5 dimensions does by a chance of 3e-4, one of 100 of .03: 5 of 6
    times below 1e-6.
    """
    space = {name: ts.uniform(-1, 1) for name in "abcde"}
    best = [min(map(bowl, lab(space, seed=seed).run(100))) for seed in range(6)]
    assert sum(loss < 0.08 for loss in best) >= 5


@pytest.mark.parametrize("pending", [0, 4])
@pytest.mark.parametrize("budget", [4, 100, 1000, 5000])
def test_no_suggestion_ever_fails_to_come(lab, budget, pending):
    """ZOOpt's own class waits for ever after its initial points, as many as the budget says."""
    assert len(lab(budget=budget).run(130, pending)) == 130


def test_zoopts_own_class_stalls(lab):
    """The reason why it is not used: asked and told in turn, it has no point after the first."""
    searcher = lab().searcher
    own = SRacosTune(searcher._dimension, Parameter(budget=5000), parallel_num=1)
    with searcher._private_chance():
        for _ in range(22):
            own.complete(own.suggest(), 0.0)
        assert [own.suggest() for _ in range(5)] == [None] * 5


def test_four_suggestions_at_once_differ(lab):
    """Also when boxes are sampled in a small space, with points from elsewhere under way."""
    trials = lab(FINITE, exploration_rate=0.0, train_size=2)
    trials.run(3, loss=lambda config: config["n"])
    left = {(n, act) for n in range(4) for act in ("relu", "tanh")} - {
        tuple(config.values()) for config in trials.configs.values()
    }
    n, act = min(left)
    trials.searcher.adopt("elsewhere", {"n": n, "act": act})
    made = {tuple(trials.suggest(f"p{i}").values()) for i in range(4)}
    assert made == left - {(n, act)}


def test_a_finite_space_is_tried_out_before_anything_comes_again(lab):
    """Each of 8 configurations comes once; then they repeat, and the samples go on."""
    made = [tuple(config.items()) for config in lab(FINITE).run(40)]
    assert len(set(made[:8])) == 8
    assert len(made) == 40


def test_the_good_points_are_the_best_of_all(lab):
    """In any order, from whomever; the others are the next ones, by the strategy "WR"."""
    trials, chance = lab(train_size=6, positive_size=2), random.Random(1)
    losses = chance.sample(range(100), 40)
    for i, loss in enumerate(losses):
        trials.observe(f"w{i}", float(loss), config=trials.problem.space.draw(chance))
    ranked = sorted(losses)
    assert trials.pools() == (ranked[:2], ranked[2:6])


@pytest.mark.parametrize("strategy", ["RR", "LM"])
def test_each_strategy_keeps_as_many_points(lab, strategy):
    """Another point goes, and the best stay."""
    trials = lab(strategy=strategy)
    trials.run(60)
    good, others = trials.pools()
    assert (len(good), len(others)) == (1, 5)
    assert good == [min(map(bowl, trials.configs.values()))]


def test_failed_and_diverged_trials_are_worse_than_any_other(lab):
    """They are no good points, unless there is nothing else."""
    trials = lab()
    for i, status in enumerate(["failed", "completed"] * 5):
        trials.suggest(str(i))
        trials.observe(str(i), status=status)
    assert trials.pools() == ([math.inf], [math.inf] * 5)
    trials.run(5, start=100, loss=lambda _: 1e300)
    assert trials.pools() == ([1e300], [1e300] * 4 + [math.inf])


@pytest.mark.parametrize("status", ["stopped", "infeasible", "running", "paused"])
def test_what_says_nothing_is_not_learnt(lab, status):
    """Trials that were cut short or not allowed have no part in it, and do not come again."""
    trials = lab(FINITE)
    tried = []
    for i in range(8):
        tried.append(trials.suggest(str(i)))
        trials.observe(str(i), status=status)
    assert trials.searcher._known == {}
    assert len({tuple(config.items()) for config in tried}) == 8


def test_a_later_result_of_a_point_replaces_the_earlier(lab):
    """Whether it makes the point good, or no longer so; and no point stands twice."""
    trials = lab()
    for i in range(6):
        trials.suggest(str(i))
        trials.observe(str(i), float(i))
    trials.observe("5", -1.0)
    assert trials.pools() == ([-1.0], [0.0, 1.0, 2.0, 3.0, 4.0])
    trials.observe("5", 9.0)
    assert trials.pools() == ([0.0], [1.0, 2.0, 3.0, 4.0, 9.0])
    assert trials.suggest("next")


def test_a_trial_that_went_on_with_another_configuration_is_learnt_with_that(lab):
    """Its result says nothing about what was suggested."""
    trials = lab()
    trials.suggest("a")
    trials.observe("a", 0.0, config={"x": 0.5, "lr": -1.0, "n": 2})
    assert list(trials.searcher._known) == [(0.5, -1.0, 2)]


def test_what_lies_outside_the_space_is_passed_over(lab):
    """Say the trial of an earlier run."""
    trials = lab()
    trials.searcher.adopt("a", {"y": 1})
    trials.observe("b", 0.5, config={"x": 5.0, "lr": -1.0, "n": 2})
    assert trials.searcher._known == {}


RESTORE = """
import base64, sys
sys.path.insert(0, {folder!r})
from conftest import Lab
lab = Lab()
lab.searcher.restore(base64.b64decode({state!r}))
print(lab.run(10, start=100))
"""


def test_another_process_goes_on_where_this_one_was(lab):
    """The state holds all: nothing of it lives in a global variable of ZOOpt's."""
    trials = lab()
    trials.run(30, 2)
    state = base64.b64encode(trials.searcher.state()).decode()
    script = RESTORE.format(folder=str(Path(__file__).parent), state=state)
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{trials.run(10, start=100)}\n"


def test_two_searchers_side_by_side_do_not_disturb_each_other(lab):
    """Each has a chance of its own, and its own dimensions."""
    alone = lab().run(40)
    first, second = lab(), lab({"z": ts.uniform(0, 1)}, seed=5)
    together = []
    for i in range(40):
        together += first.run(1, start=i)
        second.run(1, start=i)
    assert together == alone


@pytest.mark.parametrize("strategy", ["WR", "RR", "LM"])
def test_nothing_global_is_touched_or_told(lab, capfd, strategy):
    """No print, and no draw from the generators that everybody shares."""
    random.seed(1)
    np.random.seed(1)
    before = random.getstate(), np.random.get_state()[1].tolist()
    trials = lab({**FINITE, "x": ts.uniform(0, 1)}, strategy=strategy)
    trials.run(40, 2)
    with trials.searcher._private_chance():
        np.random.random()
    assert before == (random.getstate(), np.random.get_state()[1].tolist())
    assert tuple(capfd.readouterr()) == ("", "")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"budget": 3}, "budget=3; expected a whole number from 4 on"),
        ({"budget": "100"}, "budget='100'; expected a whole number"),
        ({"exploration_rate": 2}, "exploration_rate=2; expected a number from 0 to 1"),
        ({"uncertain_bits": 0}, "uncertain_bits=0"),
        ({"train_size": 1}, "train_size=1"),
        (
            {"positive_size": 6},
            "positive_size=6; expected a whole number from 1 to below train_size=6",
        ),
        ({"strategy": "XX"}, "strategy='XX'; expected one of WR, RR, LM"),
    ],
)
def test_impossible_options_are_refused(lab, options, message):
    """Before the first trial, with what was expected; ZOOpt ends the process for some."""
    with pytest.raises(OptionError, match=message):
        lab(**options)


def test_more_uncertain_bits_change_more_parameters(lab):
    """A suggestion is a good point with so many parameters changed."""
    for bits in (1, 3):
        trials = lab({name: ts.uniform(0, 1) for name in "abcde"}, uncertain_bits=bits)
        trials.run(6)
        trials.searcher._exploit = 1.0
        (good,) = trials.searcher._pools()[1]
        made = trials.searcher._layout.encode(trials.suggest("a"))
        assert sum(a != b for a, b in zip(made, good.get_x(), strict=True)) == bits


@pytest.mark.parametrize("samples", [12, 40])
def test_an_experiment_gives_all_its_samples(tmp_path, samples):
    """By name, on all kinds of numbers, with a scheduler that cuts trials short."""

    def train(config):
        for epoch in range(9):
            yield {"loss": (config["x"] - 0.3) ** 2 + 1 / (1 + epoch)}

    results = tune.run(
        train,
        {"x": tune.uniform(0, 1), "lr": tune.loguniform(1e-4, 1), "act": tune.choice(["a", "b"])},
        metric="loss",
        mode="min",
        searcher={"name": "zoopt", "budget": samples},
        scheduler={"name": "asha", "max_resource": 9},
        points_to_evaluate=[{"x": 0.9}],
        num_samples=samples,
        executor="inline",
        storage=tmp_path,
        seed=1,
        verbose=0,
    )
    assert len(results.trials) == samples
    assert abs(results.best.config["x"] - 0.3) < 0.25


def test_the_package_has_its_own_name_for_it():
    """It is imported when it is asked for."""
    import tunesmith_zoopt

    assert tunesmith_zoopt.ZooptSearcher is ZooptSearcher
    with pytest.raises(AttributeError, match="nothing"):
        _ = tunesmith_zoopt.nothing
