"""The rule against a trace worked by hand and an oracle that keeps every curve."""

import statistics
import subprocess
import sys
from math import inf, isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tunesmith_median_stopping
from tunesmith.errors import UsageError
from tunesmith.protocols import Continue, Stop
from tunesmith_median_stopping.scheduler import median_stopping


def test_a_trace_worked_by_hand(bench):
    """Three curves average 4, 2.5 and 6 by step 2: their median is 4, and a best of 4.5 ends."""
    rule = bench()
    for trial, curve in {"a": [5, 3], "b": [3, 2], "c": [8, 4]}.items():
        for step, value in enumerate(curve, 1):
            assert rule.ask(trial, step, value) == Continue(until=step + 1)
    assert rule.ask("d", 1, 4.5) == Continue(until=2)
    assert rule.ask("d", 2, 9.0) == Stop(
        "worse than the median of 3 trials' averages at training_iteration=2"
    )


def test_the_best_counts_and_not_the_last(bench):
    """A trial that was once better than the median goes on, however bad it has become."""
    rule = bench(min_samples=1)
    assert rule.ask("a", 1, 2.0) == Continue(until=2)
    assert rule.ask("a", 2, 2.0) == Continue(until=3)
    assert rule.ask("b", 1, 1.9) == Continue(until=2)
    assert rule.ask("b", 2, 99.0) == Continue(until=3)


def test_equal_to_the_median_is_not_worse(bench):
    """The rule is strict."""
    rule = bench(min_samples=1)
    rule.ask("a", 1, 2.0)
    assert rule.ask("b", 1, 2.0) == Continue(until=2)
    assert isinstance(rule.ask("c", 1, 2.0001), Stop)


def test_nobody_is_stopped_before_the_grace_period(bench):
    """The first judgement falls at `grace_period`, and averages what was reported before."""
    rule = bench(grace_period=3, min_samples=1)
    assert rule.rule.first(rule.trial("a")) == Continue(until=3)
    for step, value in enumerate([1.0, 2.0], 1):
        rule.hear("a", step, value)
    assert rule.ask("a", 3, 6.0) == Continue(until=4)
    assert rule.rule._state.averages[0] == [3.0]


def test_too_few_others_stop_nobody(bench):
    """With fewer than `min_samples` others at a point, everybody goes on."""
    rule = bench(min_samples=2)
    assert rule.ask("a", 1, 0.0) == Continue(until=2)
    assert rule.ask("b", 1, 9.0) == Continue(until=2)
    assert isinstance(rule.ask("c", 1, 9.0), Stop)


def test_an_interval_spaces_the_judgements(bench):
    """With interval=5 a trial is judged at 1, 6, 11; a report past a point counts at it."""
    rule = bench(interval=5)
    assert rule.ask("a", 1, 0.0) == Continue(until=6)
    assert rule.ask("a", 3, 0.0) == Continue(until=6)
    assert rule.ask("a", 13, 0.0) == Continue(until=16)
    assert [len(values) for values in rule.rule._state.averages] == [1, 0, 1, 0]


def test_ended_trials_leave_only_their_averages(bench):
    """A failed trial still counts in the medians, and nothing else of it is kept."""
    rule = bench(min_samples=1)
    rule.ask("a", 1, 1.0)
    rule.rule.on_trial_end(rule.trial("a", "failed"))
    assert rule.rule._state.runs == {}
    assert isinstance(rule.ask("b", 1, 2.0), Stop)


def test_diverged_trials_are_worse_than_any_other(bench):
    """+inf is stopped by a finite median, and never stops anybody itself."""
    rule = bench(min_samples=1)
    assert rule.ask("a", 1, inf) == Continue(until=2)
    assert rule.ask("b", 1, inf) == Continue(until=2)
    assert rule.ask("c", 1, 5.0) == Continue(until=2)
    assert rule.ask("d", 1, 1.0) == Continue(until=2)
    assert rule.ask("e", 1, 1.0) == Continue(until=2)
    assert isinstance(rule.ask("f", 1, inf), Stop)


def test_a_trials_memory_stays_small(bench):
    """A trial of a million reports leaves about a thousand numbers, not a million."""
    rule = bench()
    until = 1.0
    while until < 1_000_000:
        until = rule.ask("a", until, 1.0).until
    assert 100 < len(rule.rule._state.averages) < 1200
    assert rule.rule._state.points[:99] == list(range(1, 100))


def test_the_first_report_may_come_late(bench):
    """A resource that starts high, a clock's for instance, is no trouble."""
    rule = bench(resource="timestamp", interval=60)
    decision = rule.ask("a", 1_700_000_000.0, 1.0)
    assert 1_700_000_000.0 < decision.until < 1.02 * 1_700_000_000.0


def oracle(steps, grace, interval, least):
    """Decide by keeping every curve and computing all averages anew."""
    curves, judged, seen, answers = {}, {}, {}, []
    for trial, resource, value in steps:
        curve = curves.setdefault(trial, [])
        curve.append(value)
        point = (resource - grace) // interval
        if resource < grace or point <= judged.get(trial, -1):
            answers.append("go on")
            continue
        judged[trial] = point
        others = [mean for other, mean in seen.get(point, [])]
        mean = sum(curve) / len(curve)
        seen.setdefault(point, []).append((trial, inf if isnan(mean) else mean))
        is_worse = len(others) >= least and min(curve) > statistics.median(others)
        answers.append("stop" if is_worse else "go on")
    return answers


VALUES = st.sampled_from([0.1, 0.2, 0.3, 0.4, 0.5, -1.0, inf, -inf])
STEPS = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 4), VALUES), max_size=60)


def play(rule, steps, at=None):
    """Return a trace and the decisions on it; saved and restored before the step number `at`."""
    progress, trace, answers, over = {}, [], [], set()
    for index, (number, advance, value) in enumerate(steps):
        trial = f"{number:04}"
        if index == at:
            saved, rule.rule = rule.rule.state(), rule.fresh()
            rule.rule.restore(saved)
            assert rule.rule.state() == saved
        if trial in over:
            continue
        progress[trial] = progress.get(trial, 0) + advance
        trace.append((trial, progress[trial], value))
        decision = rule.ask(trial, progress[trial], value)
        answers.append(decision)
        if isinstance(decision, Stop):
            over.add(trial)
            rule.rule.on_trial_end(rule.trial(trial, "stopped"))
    return trace, answers


@given(STEPS, st.integers(1, 4), st.integers(1, 3), st.integers(1, 4))
def test_decisions_equal_those_of_the_oracle(bench, steps, grace, interval, least):
    """On any interleaving of any curves, exactly the rule as it is written."""
    rule = bench(grace_period=grace, interval=interval, min_samples=least)
    trace, answers = play(rule, steps)
    told = ["stop" if isinstance(answer, Stop) else "go on" for answer in answers]
    assert told == oracle(trace, grace, interval, least)


@given(STEPS, st.integers(0, 60))
def test_a_restored_rule_decides_as_the_uninterrupted_one(bench, steps, cut):
    """State handed to a new scheduler changes no later decision, infinities included."""
    assert play(bench(), steps) == play(bench(), steps, at=cut)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"grace_period": 0}, "grace_period=0 must be"),
        ({"grace_period": nan}, "grace_period=nan"),
        ({"min_samples": 0}, "min_samples=0"),
        ({"interval": -1}, "interval=-1"),
        ({"interval": inf}, "interval=inf"),
    ],
)
def test_impossible_options_are_refused_with_their_values(bench, options, words):
    """An option out of range is a UsageError that quotes it."""
    with pytest.raises(UsageError, match=words):
        bench(**options)


def test_the_shim_imports_no_scheduler():
    """Loading the plugin's entry point does not import the scheduler."""
    code = (
        "import sys, tunesmith_median_stopping._plugin as shim; "
        "assert [spec.name for spec in shim.tunesmith_schedulers()] == ['median-stopping']; "
        "assert 'tunesmith_median_stopping.scheduler' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_package_offers_its_factory_lazily():
    """`tunesmith_median_stopping.median_stopping` is the factory; others are AttributeErrors."""
    assert tunesmith_median_stopping.median_stopping is median_stopping
    with pytest.raises(AttributeError, match="no attribute 'median'"):
        _ = tunesmith_median_stopping.median
