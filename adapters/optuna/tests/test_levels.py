"""Trials that were cut short: never taken for complete, compared at a common resource."""

import math

import pytest

from tunesmith.protocols import Observation
from tunesmith_optuna._history import Record, survey


def record(*curve, status="running"):
    return Record(0, {}, status, {resource: (value,) for resource, value in curve})


def test_the_level_is_the_furthest_resource_that_enough_trials_reached():
    """It rises with the third trial that gets further, not with the first."""
    records = [record((1, 0.5), (3, 0.4)), record((1, 0.2), (3, 0.1), (9, 0.0)), record((1, 0.7))]
    assert survey(records, 3) == (1, False)
    assert survey(records, 2) == (3, False)
    assert survey(records, 1) == (9, False)
    assert survey(records, 99) == (1, False)
    assert survey([], 3) == (math.inf, False)


def test_completed_trials_have_reached_every_level():
    """Without a scheduler all trials are compared at their ends, however different these are."""
    done = [record((27, 0.5), status="completed"), record((12, 0.4), status="completed")]
    assert survey(done, 2) == (math.inf, False)
    assert [r.standing(math.inf) for r in done] == [("COMPLETE", (0.5,)), ("COMPLETE", (0.4,))]


def test_a_trial_is_worth_what_it_scored_at_the_level():
    """Later values do not count yet; a level that is not reached makes it unknown."""
    trial = record((1, 0.5), (3, 0.4), (9, 0.3))
    assert trial.standing(3) == ("COMPLETE", (0.4,))
    assert trial.standing(5) == ("COMPLETE", (0.4,))
    assert trial.standing(27) == ("RUNNING", None)
    assert record((1, 0.5), status="stopped").standing(3) == ("FAIL", None)
    assert record((9, 0.5), status="stopped").standing(3) == ("COMPLETE", (0.5,))


def test_trials_count_as_cut_short_only_beside_longer_ones():
    """All stopped at one resource is a common end, at which nothing was saved."""
    stopped = [record((27, 0.1), status="stopped"), record((27, 0.2), status="stopped")]
    assert survey(stopped, 10) == (27, False)
    assert survey([*stopped, record((3, 0.1), status="stopped")], 10) == (3, True)


def test_a_trial_stopped_at_the_experiments_end_is_complete():
    """A scheduler that stops trials at the maximum resource cuts nothing short."""
    trial = record((9, 0.5))
    trial.learn(Observation("t", {}, (0.4,), 27.0, "stopped"), 27.0)
    assert trial.status == "completed"


def asha(trials, count, rungs=(1.0, 3.0, 9.0), first=0):
    """Let every third trial pass each rung; return how many went to the end."""
    ended = 0
    for i in range(first, first + count):
        config = trials.suggest(str(i))
        loss = abs(config["x"] - 0.3)
        for k, rung in enumerate(rungs):
            if i % 3 ** (k + 1) and i >= 9:
                trials.observe(str(i), loss, status="stopped", resource=rung)
                break
            trials.observe(str(i), loss - rung / 10, status="running", resource=rung)
        else:
            ended += 1
            trials.observe(str(i), loss - 2, resource=27.0)
    return ended


def test_no_value_meets_one_of_another_training_length(lab):
    """However the study is restated, all its values were scored at one resource."""
    trials = lab(level_trials=5, explore=0)
    for first in range(0, 60, 6):
        asha(trials, 6, first=first)
        trials.suggest("next")
        searcher = trials.searcher
        shown = {
            trial.number: trial.value
            for trial in searcher._study.trials
            if trial.state.name == "COMPLETE"
        }
        known = {r.number: r for r in searcher._records.values()}
        level = min(searcher._level, 27.0)
        assert shown
        assert all(known[number].curve[level] == (value,) for number, value in shown.items())


@pytest.mark.parametrize("sampler", ["tpe", "gp", "cmaes", "nsga2", "random"])
def test_a_brilliant_early_value_leads_no_sampler_astray(lab, sampler):
    """Stopped trials with the best values ever seen are not complete, and are not followed."""
    trials = lab(sampler=sampler, level_trials=10, explore=0)
    for i in range(12):
        config = trials.suggest(f"a{i}")
        trials.observe(f"a{i}", abs(config["x"] - 0.8), resource=27.0)
    for i in range(12):
        lure = trials.problem.space.draw(trials.problem.rng(f"lure{i}")) | {"x": -0.8 + i / 1000}
        trials.observe(f"b{i}", -100.0, status="stopped", resource=1.0, config=lure)
    trials.suggest("next")
    assert min(v[0] for v in trials.values() if v is not None) >= 0
    assert trials.states()[12:24] == ["FAIL"] * 12


def test_values_at_a_low_level_teach_until_there_are_better_ones(lab):
    """TPE learns from the first rung on, and from the last one in the end."""
    trials = lab(level_trials=5, explore=0)
    asha(trials, 4)
    trials.observe("x", status="failed", config=trials.configs["0"])
    for i in range(4, 30):
        trials.suggest(str(i))
        trials.observe(str(i), 0.5, status="stopped", resource=1.0)
    assert trials.searcher._level == 1.0
    asha(trials, 60, first=100)
    assert trials.searcher._level > 1.0


def test_a_paused_trial_that_goes_on_is_restated(lab):
    """Promotion: known at its rung while it waits, at the next one when it got there."""
    trials = lab(level_trials=2)
    for name in "abc":
        trials.suggest(name)
        trials.observe(name, 0.5, status="paused", resource=1.0)
    for name in "ab":
        trials.observe(name, 0.25, status="running", resource=3.0)
    trials.observe("a", 0.125, status="paused", resource=9.0)
    trials.suggest("d")
    assert trials.states() == ["COMPLETE", "COMPLETE", "FAIL", "RUNNING"]
    assert trials.values()[:3] == [[0.25], [0.25], None]


@pytest.mark.parametrize("told", ["last", "best", "ignore", "all"])
def test_every_policy_of_the_core_is_taken(lab, told):
    """Whatever is sent about cut-short trials, none stays pending and none is told as complete."""
    trials = lab(level_trials=5)
    for i in range(40):
        trials.suggest(str(i))
        if told == "all":
            trials.observe(str(i), 0.9, status="running", resource=1.0)
        if i % 4 == 0:
            trials.observe(str(i), 0.1 + i / 100, resource=27.0)
        elif told == "ignore":
            trials.observe(str(i), status="stopped", resource=3.0)
        else:
            trials.observe(str(i), -1.0, status="stopped", resource=3.0)
    trials.suggest("next")
    assert trials.states().count("RUNNING") == 1
    assert trials.states().count("COMPLETE") == 10
    assert trials.searcher._level == math.inf
    assert min(v[0] for v in trials.values() if v) >= 0.1


def test_a_share_of_suggestions_is_random_once_trials_are_cut_short(lab):
    """`explore=1` then asks the sampler no more; without cut-short trials it always does."""
    trials = lab(explore=1.0)
    trials.run(30)
    told = [t for t in trials.searcher._study.trials if "tpe:relative_params:0" in t.system_attrs]
    assert len(told) == 20
    asha(trials, 20, first=100)
    trials.run(5, start=200)
    told = [t for t in trials.searcher._study.trials if "tpe:relative_params:0" in t.system_attrs]
    assert len(told) < 35


def test_cut_short_trials_work_with_several_objectives(lab):
    """Levels hold for fronts as for one loss."""
    trials = lab(objectives=2, level_trials=5)
    for i in range(30):
        trials.suggest(str(i))
        if i % 3:
            trials.observe(str(i), -1.0, -1.0, status="stopped", resource=1.0)
        else:
            trials.observe(str(i), -1.0, -1.0, status="running", resource=1.0)
            trials.observe(str(i), 0.5, 0.5, resource=9.0)
    trials.suggest("next")
    assert {tuple(v) for v in trials.values() if v} == {(0.5, 0.5)}
