"""Outcome constraints: limits on what trials report, with any searcher and scheduler."""

import math
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tunesmith as tune
from tunesmith._engine.scoring import Scoring
from tunesmith.plugins import Capabilities, SearcherSpec
from tunesmith.protocols import Objective, OutcomeConstraint

FAST = OutcomeConstraint("latency_ms", "<=", 100.0)


def train(config):
    """Be the better, and the slower, the wider."""
    for epoch in (1, 2):
        yield {"error": 1 / config["width"] / epoch, "latency_ms": config["width"] * 2.0}


@pytest.fixture
def run(tmp_path):
    """Run a small grid of widths in this process."""

    def run(*, widths=(10, 20, 40, 60, 80), trainable=train, **options):
        settings = {"metric": "error", "mode": "min", "executor": "inline", "verbose": 0}
        settings |= {
            "num_samples": 1,
            "storage": tmp_path,
            "outcome_constraints": "latency_ms <= 100",
        }
        return tune.run(trainable, {"width": tune.grid_search(widths)}, **(settings | options))

    return run


def test_what_breaks_a_limit_is_never_the_best(run):
    """Neither by the objective nor by another metric, at its best report or at its last."""
    results = run()
    assert str(results.outcome_constraints[0]) == "latency_ms <= 100"
    assert results.best.config["width"] == 40
    assert results.best_by("latency_ms", "max").config["width"] == 40
    assert results.best_by(scope="last").config["width"] == 40
    assert [trial.value is None for trial in results] == [False, False, False, True, True]
    assert results[4].metrics["latency_ms"] == 160  # all that was reported is there to look at


def test_what_breaks_a_limit_is_on_no_front(run):
    """With several objectives the front is of what keeps to the limits."""
    front = run(metric=["error", "latency_ms"], mode=["min", "min"]).pareto
    assert {trial.config["width"] for trial in front} == {10, 20, 40}


def test_where_no_trial_keeps_to_the_limits_that_is_said(run, capsys):
    """By `best`, and by the summary of the run; nothing is taken for the best instead."""
    results = run(widths=[60, 80], verbose=1)
    with pytest.raises(tune.UsageError, match=r"finite 'error' .* that kept to latency_ms <= 100"):
        _ = results.best
    assert results.pareto == ()
    assert "no trial reported a finite 'error' that kept to latency_ms <= 100" in (
        capsys.readouterr().out
    )


class Listener:
    """Keeps what it is told."""

    heard: ClassVar = {}
    spec = SearcherSpec(name="listener", factory="", api="1.0", partial="last")

    def __init__(self, problem):
        self.heard.clear()
        self.problem = problem

    def suggest(self, trial_id):
        return {}

    def observe(self, observation):
        self.heard[observation.trial_id] = observation


class Modeller(Listener):
    """Takes outcome constraints."""

    spec = SearcherSpec(
        name="modeller",
        factory="",
        api="1.0",
        partial="last",
        capabilities=Capabilities(outcome_constraints=True),
    )


def test_a_searcher_that_models_no_limits_is_told_no_value(run):
    """To it, a trial that breaks one is like one that diverged."""
    run(searcher=Listener)
    told = [Listener.heard[trial].values for trial in sorted(Listener.heard)]
    assert told == [(0.05,), (0.025,), (0.0125,), (), ()]


def test_a_searcher_that_models_limits_is_told_how_far_they_are(run):
    """In the metric's unit, along with the value as it is; the problem says what is limited."""
    run(searcher=Modeller)
    heard = [Modeller.heard[trial] for trial in sorted(Modeller.heard)]
    assert [one.values for one in heard] == [(0.05,), (0.025,), (0.0125,), (1 / 120,), (0.00625,)]
    assert [one.constraint_values for one in heard] == [(-80,), (-60,), (-20,), (20,), (60,)]


@pytest.mark.parametrize("searcher", [Listener, Modeller])
def test_earlier_runs_are_held_against_the_limits(run, searcher):
    """A warm start judges the earlier trials by the limits of the new run."""
    earlier = run(outcome_constraints=())
    run(searcher=searcher, warm_start=earlier.path)
    old = [one for name, one in sorted(searcher.heard.items()) if name.startswith(earlier.name)]
    limits = [one.constraint_values for one in old]
    assert limits == ([()] * 5 if searcher is Listener else [(-80,), (-60,), (-20,), (20,), (60,)])
    assert [bool(one.values) for one in old] == [True] * 3 + [searcher is Modeller] * 2


def test_an_earlier_run_without_the_metric_is_refused(run):
    """Nothing says whether its trials keep to the limit: the metric is named before any trial."""
    earlier = run(trainable=lambda config: config["width"], outcome_constraints=())
    with pytest.raises(tune.UsageError, match="reports of 'error', 'latency_ms'"):
        run(warm_start=earlier.path)


def test_a_resumed_run_keeps_its_limits(run):
    """They are in its journal, and cannot change."""
    path = run().path
    with pytest.raises(tune.UsageError, match="outcome_constraints= of a run cannot be changed"):
        tune.resume(path, train, outcome_constraints="latency_ms <= 10", verbose=0)
    again = tune.resume(path, train, revive="all", verbose=0)
    assert again.best.config["width"] == 40


def test_a_misspelt_metric_fails_the_trial_with_what_was_meant(run):
    """At its first report, since no trial could ever keep to such a limit."""
    told = r"no 'latncy_ms', which outcome_constraints= names; did you mean 'latency_ms'\?"
    with pytest.raises(tune.TrialError, match=told):
        run(outcome_constraints="latncy_ms <= 100")


def test_a_scheduler_keeps_those_that_are_nearest_to_a_limit(tmp_path):
    """While none keeps to it, ASHA goes on with those that come closest, not with the best."""
    pytest.importorskip("tunesmith_asha", reason="needs tunesmith-asha: pip install it")

    def learn(config):
        for epoch in range(1, 10):
            yield {"size": config["size"], "accuracy": config["size"] * epoch / 100}

    results = tune.run(
        learn,
        {"size": tune.grid_search([9, 10, 1, 2, 3, 4, 5, 6, 7, 8])},
        metric="size",
        mode="min",
        outcome_constraints="accuracy >= 0.6",
        scheduler={"name": "asha", "max_resource": 9, "grace_period": 1},
        executor="inline",
        storage=tmp_path,
        verbose=0,
    )
    lasting = {trial.config["size"] for trial in results if trial.status == "completed"}
    assert max(lasting) == 10
    assert not lasting & {1, 2, 3, 4}
    assert results.best.value in {7, 8, 9, 10}


NUMBERS = st.one_of(st.floats(allow_nan=True, allow_infinity=True), st.none())
REPORTS = st.fixed_dictionaries({"error": NUMBERS, "latency_ms": NUMBERS})


@given(REPORTS, REPORTS)
def test_reports_are_ordered_by_limits_before_objectives(left, right):
    """What keeps comes before what does not, that before what diverged; then by distance."""
    scoring = Scoring([Objective("error", "min")], [FAST])
    one, other = (scoring.result(1.0, metrics) for metrics in (left, right))
    if abs(scoring.values(left)[0]) >= 1e100 or abs(scoring.values(right)[0]) >= 1e100:
        return  # no loss is as large as that, but for those that diverged
    if not math.isfinite(one.violation) or not math.isfinite(other.violation):
        assert (one.values[0] == math.inf) == (one.violation == math.inf)
    elif one.violation != other.violation:
        assert (one.values[0] <= other.values[0]) == (one.violation < other.violation) or (
            one.values == other.values  # too near to each other for a float
        )
    elif one.violation == 0:
        assert one.values == scoring.values(left)


@given(REPORTS)
def test_a_report_keeps_to_a_limit_if_its_number_does(metrics):
    """A limit includes its bound; what is missing or not finite breaks it."""
    number = metrics["latency_ms"]
    keeps = number is not None and math.isfinite(number) and number <= 100
    assert (FAST.value(metrics) <= 0) == keeps == (FAST.violation(metrics) == 0)
    assert FAST.value({}) == math.inf
