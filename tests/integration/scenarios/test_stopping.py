"""When trials and experiments end: stop criteria, the time budget, both together."""

import time

import pytest

import tunesmith as tune

ENGINE_ONLY = pytest.mark.parametrize(
    "executor", ["inline", pytest.param("ray", marks=pytest.mark.slow)], indirect=True
)
"""What the engine decides, wherever trials run: on Ray in the slow suite only."""


def descends(config):
    """Report 100 losses, from 99 down to 0."""
    for epoch in range(100):
        yield {"loss": 99.0 - epoch, "acc": epoch / 100, "flat": max(0.0, 5.0 - epoch)}


CRITERIA = {
    "iterations": ({"training_iteration": 4}, 4),
    "metric to rise": ({"acc": 0.03}, 4),
    "objective to fall": ({"loss": 95}, 5),
    "any of several": ({"training_iteration": 9, "acc": 0.02}, 3),
    "function": (lambda trial_id, metrics: metrics["loss"] <= 90, 10),
    "maximum iteration": (tune.MaximumIterationStopper(6), 6),
    "trial plateau": (tune.TrialPlateauStopper("flat", std=0.0, num_results=3, grace_period=2), 8),
    "function object": (tune.FunctionStopper(lambda _, metrics: metrics["acc"] >= 0.06), 7),
    "combined": (
        tune.CombinedStopper(
            tune.MaximumIterationStopper(9), tune.FunctionStopper(lambda _, m: m["loss"] <= 94)
        ),
        6,
    ),
    "list": ([{"training_iteration": 8}, lambda trial_id, metrics: metrics["acc"] >= 0.04], 5),
}


def check_stop(run, criterion):
    stop, reports = CRITERIA[criterion]
    (trial,) = run(descends, stop=stop)
    assert len(trial.history) == reports
    assert (trial.status, trial.reason) == ("completed", "met its stop criterion")


@pytest.mark.parametrize("criterion", CRITERIA)
def test_a_trial_stops_at_exactly_the_report_that_meets_its_criterion(run_inline, criterion):
    """No report follows the one at which the trial is done; it counts as completed."""
    check_stop(run_inline, criterion)


# One criterion for each way in which a worker is told how far it may train.
@pytest.mark.parametrize("criterion", ["iterations", "function", "trial plateau", "combined"])
def test_a_trial_on_ray_stops_at_exactly_the_report_that_meets_its_criterion(run_ray, criterion):
    """Reports leave a worker in batches, and yet none follows the one that ends the trial."""
    check_stop(run_ray, criterion)


@ENGINE_ONLY
def test_each_trial_has_a_criterion_of_its_own(run):
    """What one trial reports does not stop another."""

    def train(config):
        for epoch in range(10):
            yield {"loss": config["x"] - epoch}

    results = run(
        train,
        {"x": tune.uniform(0, 10)},
        points_to_evaluate=[{"x": 5.0}, {"x": 2.0}],
        num_samples=2,
        stop={"loss": 0},
    )
    assert [len(trial.history) for trial in results] == [6, 3]


@ENGINE_ONLY
def test_the_experiment_ends_when_its_best_no_longer_improve(run):
    """ExperimentPlateauStopper starts no further trial and says why it ended."""
    stop = tune.ExperimentPlateauStopper("loss", mode="min", std=0.0, top=3, patience=1)
    results = run(lambda config: 1.0, num_samples=50, stop=stop)
    assert results.state == "completed"
    assert results.reason == "the stop criterion ended the experiment"
    # Four reports decide; on Ray as many again may have been under way.
    assert 4 <= len([trial for trial in results if trial.history]) < 50


def test_the_experiment_ends_when_its_time_is_up_by_the_reports(run):
    """TimeoutStopper stops what runs once a report comes late enough."""

    def slow(config):
        while True:
            time.sleep(0.02)
            yield 1.0

    results = run(slow, num_samples=3, stop=tune.TimeoutStopper(0.1))
    assert results.state == "completed"
    assert results.reason == "the stop criterion ended the experiment"
    assert results.trials[0].history[-1]["time_total_s"] < 10


def test_the_time_budget_stops_what_runs(run):
    """After time_budget_s all trials end at their next report, and what they reported stays."""

    def endless(config):
        while True:
            time.sleep(0.02)
            yield 1.0

    results = run(endless, num_samples=None, time_budget_s=0.5)
    assert results.state == "completed"
    assert results.reason == "the time budget of 0.5 s is used up"
    assert {trial.status for trial in results} == {"stopped"}


@ENGINE_ONLY
def test_the_time_budget_ends_an_open_ended_search(run):
    """Without num_samples trials follow each other until time is up."""
    results = run(lambda config: config["x"], num_samples=None, time_budget_s=0.4)
    assert results.state == "completed"
    assert "time budget" in results.reason


def test_training_code_that_holds_on_is_left_at_the_budget_on_ray(run_ray):
    """A trial that never reports is ended with its process, stop_grace_s after it was told to."""

    def deaf(config):
        time.sleep(600)

    begun = time.monotonic()
    results = run_ray(deaf, time_budget_s=1.0, executor={"name": "ray", "stop_grace_s": 0.5})
    assert time.monotonic() - begun < 40
    assert [trial.status for trial in results] == ["stopped"]


@ENGINE_ONLY
def test_a_criterion_that_raises_ends_the_run_and_is_named(run):
    """The error names the stop criterion and quotes what it raised."""
    with pytest.raises(tune.UsageError, match=r"stop criterion .* KeyError: 'accuracy'"):
        run(descends, stop=lambda trial_id, metrics: metrics["accuracy"] > 1)
