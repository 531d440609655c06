"""The searcher with every kind of space and news."""

import math

import pytest

from tunesmith.errors import OptionError
from tunesmith_bohb._history import Record, furthest


@pytest.mark.parametrize("pending", [0, 3])
def test_130_steps_find_the_optimum(lab, pending):
    """At the end it searches near the optimum, serially and with trials pending.

    Random suggestions have a mean |x - .3| of .55; 40 of them below .35: chance under 1e-3.
    """
    last = lab().run(130, pending)[-40:]
    assert sum(abs(config["x"] - 0.3) for config in last) / 40 < 0.35


def test_categories_are_learnt_in_a_conditional_space(lab, conditional):
    """The best of three options is suggested most; inactive parameters are absent."""
    configs = lab(conditional).run(120)
    for config in configs:
        assert len([path for path in config if "momentum" in path or "beta" in path]) == 1
    # A third each at random: 30 or more of 60 has a chance below .01.
    assert sum(config["act"] == "gelu" for config in configs[-60:]) >= 30


def test_the_model_begins_with_enough_trials(lab):
    """Of d parameters, d + 1 good and d + 1 bad trials make a model, and no fewer."""
    trials = lab(random_fraction=0)
    trials.run(7)
    assert trials.searcher._sets() is None
    trials.run(1, start=7)
    good, bad = trials.searcher._sets()
    assert (len(good), len(bad)) == (4, 4)
    trials.run(42, start=8)
    good, bad = trials.searcher._sets()
    assert (len(good), len(bad)) == (7, 43)


def test_the_furthest_resource_with_enough_trials_is_modelled(lab):
    """Values of different training lengths never meet in one model."""
    trials = lab(random_fraction=0)
    for i in range(30):
        trials.suggest(str(i))
        trials.observe(str(i), -100.0 - i, status="running", resource=1.0)
        if i % 3 == 0:
            trials.observe(str(i), float(i), status="running", resource=3.0)
            trials.observe(str(i), float(i), status="stopped", resource=3.0)
        else:
            trials.observe(str(i), -100.0 - i, status="stopped", resource=1.0)
    good, bad = trials.searcher._sets()
    rows = [trials.searcher._records[str(i)].row for i in range(0, 30, 3)]
    assert good.tolist() == rows[:4]
    assert bad.tolist() == rows[4:]


def test_levels():
    """A completed trial has reached every level, a failed one is the worst at each further one."""
    running = Record({}, [], {1.0: 0.5, 3.0: 0.4})
    done = Record({}, [], {1.0: 0.3, 2.0: 0.2}, 0.2)
    failed = Record({}, [], {1.0: 0.1}, math.inf)
    assert furthest([running, done, failed], 3) == 3.0
    assert furthest([running, done, failed], 2) == math.inf
    assert furthest([running, done, failed], 4) is None
    assert furthest([Record({}, [])], 1) is None
    assert [running.at(level) for level in (1.0, 2.0, 3.0, 9.0)] == [0.5, 0.5, 0.4, None]
    assert done.at(9.0) == 0.2
    assert [failed.at(level) for level in (1.0, 3.0)] == [0.1, math.inf]


@pytest.mark.parametrize("status", ["failed", "completed", "running"])
@pytest.mark.parametrize("values", [(), (math.nan,)])
def test_failed_and_diverged_trials_are_the_worst(lab, status, values):
    """They count among the bad ones, and never lead the model."""
    trials = lab(random_fraction=0)
    for i in range(20):
        trials.suggest(str(i))
        if i < 10:
            trials.observe(str(i), *values, status=status, resource=0.0)
        else:
            trials.observe(str(i), float(i), resource=9.0)
    good, bad = trials.searcher._sets()
    assert good.tolist() == [trials.searcher._records[str(i)].row for i in range(10, 14)]
    assert len(bad) == 16


def test_nothing_but_failures_is_no_model(lab):
    """It goes on at random, and does not break."""
    trials = lab()
    for i in range(30):
        trials.suggest(str(i))
        trials.observe(str(i), status="failed", resource=0.0)
    assert trials.searcher._sets() is None


def test_strange_news_is_passed_over(lab):
    """Infeasible suggestions, configurations from elsewhere, late and repeated results."""
    trials = lab()
    trials.suggest("a")
    trials.observe("a", status="infeasible", resource=0.0)
    trials.observe("b", 0.5, config={"y": 1})
    assert trials.searcher._records == {}
    for _ in range(2):
        trials.observe("a", 0.5, resource=9.0)
        trials.observe("a", 0.9, status="running", resource=3.0)
    assert trials.searcher._records["a"].curve == {9.0: 0.5}
    trials.observe("a", 0.1, resource=9.0, config={**trials.configs["a"], "n": 1, "x": 0.0})
    assert trials.searcher._records["a"].curve == {9.0: 0.1}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_points": 3}, "min_points=3; expected 4 or more"),
        ({"top_percent": 0}, "top_percent=0"),
        ({"candidates": 0}, "candidates=0"),
        ({"random_fraction": 2}, "random_fraction=2; expected from 0 to 1"),
        ({"bandwidth_factor": 0}, "bandwidth_factor=0"),
        ({"bandwidth_factor": math.inf}, "bandwidth_factor=inf"),
        ({"min_bandwidth": 0}, "min_bandwidth=0"),
    ],
)
def test_impossible_options_are_refused(lab, options, message):
    """Before the first trial, with what was expected."""
    with pytest.raises(OptionError, match=message):
        lab(**options)


def test_an_empty_space_has_one_configuration(lab):
    """Where all is constant there is nothing to model."""
    assert lab({"a": 1}).run(15) == [{}] * 15
