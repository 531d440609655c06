"""Failures: retried by kind, grouped when they are all the same, the user's traceback first."""

import os
import time

import pytest

import tunesmith as tune

ENGINE_ONLY = pytest.mark.parametrize(
    "executor", ["inline", pytest.param("ray", marks=pytest.mark.slow)], indirect=True
)
"""What the engine decides, wherever trials run: on Ray in the slow suite only."""


def fails_until(config):
    """Fail on every attempt before the third."""
    if tune.get_context().attempt < 3:
        raise ValueError("not yet")
    return 1.0


def dies_once(config):
    """Take the whole worker process along on the first attempt."""
    found = tune.get_checkpoint()
    epoch = found.to_dict()["epoch"] if found else 0
    while epoch < 4:
        epoch += 1
        if epoch == 3 and tune.get_context().attempt == 1:
            os._exit(17)
        yield tune.Report({"loss": 1 / epoch, "epoch": epoch}, checkpoint={"epoch": epoch})


def diverges(config):
    """Fail for configurations above a half."""
    if config["x"] > 0.5:
        raise ZeroDivisionError(f"x={config['x']}")
    return config["x"]


@ENGINE_ONLY
def test_an_error_of_training_code_is_final_by_default(run):
    """One failing trial fails alone: it is not repeated, and the others go on."""
    results = run(diverges, points_to_evaluate=[{"x": 0.9}, {"x": 0.1}, {"x": 0.8}], num_samples=3)
    assert [trial.status for trial in results] == ["failed", "completed", "failed"]
    assert [trial.attempts for trial in results] == [1, 1, 1]
    assert results.best.config["x"] == 0.1
    assert list(results.errors) == ["0001", "0003"]


def test_the_users_traceback_comes_first(run):
    """An error shows the training code's own frames, none of ours, and the exception."""
    results = run(diverges, points_to_evaluate=[{"x": 0.9}, {"x": 0.1}], num_samples=2)
    error = results["0001"].error
    assert error.startswith("Traceback")
    assert "in diverges" in error
    assert "ZeroDivisionError: x=0.9" in error
    assert "tunesmith/_" not in error


def test_user_errors_are_retried_as_often_as_allowed(run):
    """max_retries for user_error counts attempts of one trial."""
    results = run(fails_until, failure=tune.FailureConfig(max_retries={"user_error": 2}))
    assert [(trial.status, trial.attempts) for trial in results] == [("completed", 3)]
    with pytest.raises(tune.TrialError, match="not yet"):
        run(
            fails_until,
            failure=tune.FailureConfig(max_retries={"user_error": 1}, stop_after_identical=1),
        )


def test_a_lost_worker_is_replaced_and_its_trial_goes_on(run_ray):
    """A process that vanishes costs an attempt, not the trial: it goes on from its checkpoint."""
    (trial,) = run_ray(dies_once)
    assert (trial.status, trial.attempts) == ("completed", 2)
    assert [row["epoch"] for row in trial.history] == [1, 2, 3, 4]


def test_a_lost_worker_without_retries_fails_the_trial_with_the_reason(run_ray):
    """With max_retries={"worker_lost": 0} the trial fails, and says that its process died.

    What it reported a moment before may have died with it.
    """
    results = run_ray(
        dies_once,
        failure=tune.FailureConfig(max_retries={"worker_lost": 0}, stop_after_identical=None),
    )
    (trial,) = results
    assert (trial.status, trial.attempts) == ("failed", 1)
    assert "worker" in trial.error
    assert [row["epoch"] for row in trial.history] in ([], [1], [1, 2])


@ENGINE_ONLY
def test_equal_failures_of_all_first_trials_end_the_run(run):
    """If the first five trials fail with one error, the run ends with it instead of going on."""

    def broken(config):
        raise KeyError("dataset")

    with pytest.raises(tune.TrialError, match="the first 5 trials all failed the same way") as told:
        run(broken, num_samples=100)
    assert "KeyError" in str(told.value)
    assert "the run is in" in str(told.value)


@ENGINE_ONLY
def test_different_failures_do_not_end_the_run(run):
    """Failures of different kinds are told apart by type and line."""

    def broken(config):
        if config["x"] < 0.5:
            raise KeyError("a")
        raise ValueError("b")

    results = run(
        broken,
        points_to_evaluate=[{"x": x / 8} for x in (1, 5, 2, 6, 3, 7)],
        num_samples=6,
    )
    assert {trial.status for trial in results} == {"failed"}
    assert len(results) == 6


@ENGINE_ONLY
def test_fail_fast_ends_the_run_at_the_first_failure(run, tmp_path):
    """With fail_fast one failed trial ends the experiment; the results so far can be read."""
    with pytest.raises(tune.TrialError, match="trial 0002 failed and fail_fast is on"):
        run(
            diverges,
            points_to_evaluate=[{"x": 0.1}, {"x": 0.9}, {"x": 0.2}],
            num_samples=30,
            failure=tune.FailureConfig(fail_fast=True),
            name="fast",
        )
    results = tune.load(tmp_path / "runs" / "fast")
    assert results.state == "failed"
    assert results["0001"].status == "completed"
    assert results["0002"].status == "failed"


@ENGINE_ONLY
def test_a_trial_that_exits_fails_alone(run):
    """sys.exit in training code fails its trial and does not end the driver."""

    def leaves(config):
        raise SystemExit(3)

    results = run(leaves, num_samples=1, failure=tune.FailureConfig(stop_after_identical=None))
    assert [trial.status for trial in results] == ["failed"]
    assert "SystemExit" in results["0001"].error


@ENGINE_ONLY
def test_values_that_are_no_numbers_are_recorded_and_never_best(run):
    """NaN and infinity are kept in the history; the best is the best finite value."""

    def wild(config):
        return {"loss": config["x"] if config["x"] < 3 else float("nan")}

    results = run(
        wild,
        {"x": tune.uniform(0, 9)},
        points_to_evaluate=[{"x": 5.0}, {"x": 2.0}, {"x": 1.0}],
        num_samples=3,
    )
    assert results.best.config["x"] == 1.0
    assert str(results["0001"].last_metrics["loss"]) == "nan"


@ENGINE_ONLY
def test_a_metric_that_is_never_reported_is_explained(run):
    """Trials fail at their first report, which names what was reported and the nearest name."""
    results = run(lambda config: {"los": config["x"]}, num_samples=2)
    assert [trial.status for trial in results] == ["failed", "failed"]
    with pytest.raises(tune.TrialError, match=r"has no 'loss'.*did you mean 'los'\?"):
        _ = results.best


def hangs_once(config):
    """Hang at the third report, but not after a retry."""
    saved = tune.get_checkpoint()
    start = saved.to_dict()["epoch"] if saved else 0
    for epoch in range(start, 4):
        if epoch == 2 and not saved:
            time.sleep(600)
        tune.report({"loss": 1 / (epoch + 1)}, checkpoint={"epoch": epoch + 1})


@pytest.mark.parametrize("retries", [0, 1])
def test_a_trial_that_hangs_is_ended_on_ray(quietly, running_ray, retries):
    """It fails as timed out, or goes on from its checkpoint if that is allowed."""
    results = quietly(
        hangs_once,
        executor={"name": "ray", "stop_grace_s": 0.2},
        failure=tune.FailureConfig(trial_timeout_s=1.0, max_retries={"timeout": retries}),
    )
    (trial,) = results
    assert trial.status == ("completed" if retries else "failed")
    assert len(trial.history) == (4 if retries else 2)
    if not retries:
        assert trial.error == "timeout: no report for 1 s (trial_timeout_s)"


def test_a_trial_that_never_reports_is_ended_on_ray(quietly, running_ray):
    """The limit counts from the beginning of its training code, not from the first report."""

    def hangs(config):
        time.sleep(600)

    (trial,) = quietly(
        hangs,
        executor={"name": "ray", "stop_grace_s": 0.2},
        failure=tune.FailureConfig(trial_timeout_s=1.0),
    )
    assert trial.status == "failed"
    assert trial.error == "timeout: no report for 1 s (trial_timeout_s)"


def test_a_trial_that_hangs_is_ended_in_the_simulator(quietly):
    """On its own clock, to the second."""

    def slows_down(config):
        for seconds in (1, 2, 500, 501):
            yield {"loss": 1.0, "elapsed_s": seconds}

    results = quietly(
        slows_down,
        executor={"name": "simulated", "workers": 1},
        failure=tune.FailureConfig(trial_timeout_s=60.0),
    )
    (trial,) = results
    assert (trial.status, len(trial.history)) == ("failed", 2)
    assert trial.reason == "no report for 60 s (trial_timeout_s)"


def test_a_timeout_is_refused_where_nothing_can_enforce_it(run_inline):
    """Before anything has begun, with the fix."""
    with pytest.raises(tune.UsageError, match=r"trial_timeout_s=5: .*use executor='ray'"):
        run_inline(lambda config: 1.0, failure=tune.FailureConfig(trial_timeout_s=5.0))


def test_a_silence_is_written_down(run_inline, tmp_path, caplog):
    """What the run waits for, and where each thread is: training code by name."""

    def thinks(config):
        time.sleep(1.0)
        return 1.0

    run_inline(thinks, name="silent", failure=tune.FailureConfig(watchdog_s=0.3), metric="value")
    text = (tmp_path / "runs" / "silent" / "watchdog.txt").read_text()
    assert "no news for 0.3 s" in text
    assert "trial 0001, attempt 1" in text
    assert "in thinks" in text
    assert caplog.text.count("nothing has happened for 0.3 s") == 1
