"""Metrics that `stop=` looks at and nobody reports."""

import logging

import pytest

import tunesmith as tune


def run(tmp_path, stop, train=None, **options):
    """Run two trials of three reports each."""

    def reports(config):
        for step in range(3):
            yield {"accuracy": step + config["x"]}

    return tune.run(
        train or reports,
        {"x": tune.uniform(0, 1)},
        metric="accuracy",
        mode="max",
        stop=stop,
        num_samples=2,
        executor="inline",
        storage=tmp_path,
        **{"verbose": 0, **options},
    )


def said(caplog):
    """Return the warnings of a run."""
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


def test_a_misspelt_metric_of_a_stop_is_told_at_the_first_report(tmp_path, caplog):
    """It is named once, with the closest that was reported."""
    run(tmp_path, {"acuracy": 1.5})
    (warning,) = said(caplog)
    assert warning.startswith("stop= looks at 'acuracy', which trial 0001 did not report at first")
    assert "; did you mean 'accuracy'? it reported 'accuracy'," in warning


def test_it_is_shown_among_what_the_run_prints(tmp_path, capsys):
    """With a display the warning is part of it."""
    run(tmp_path, [tune.TrialPlateauStopper("loss"), {"accuracy": 1}], verbose=2)
    assert capsys.readouterr().out.count("warning: stop= looks at 'loss'") == 1


@pytest.mark.parametrize(
    "stop",
    [
        None,
        {"accuracy": 1.5},
        {"training_iteration": 2},
        {"time_total_s": 100, "timestamp": 1e12},
        lambda _trial, metrics: metrics["accuracy"] > 1,
        tune.MaximumIterationStopper(2),
    ],
)
def test_what_is_reported_needs_no_word(tmp_path, caplog, stop):
    """Reported metrics, those every report has, and functions are no cause for a warning."""
    run(tmp_path, stop)
    assert not said(caplog)


def test_a_metric_that_comes_later_still_stops(tmp_path, caplog):
    """A metric of every second report stops trials; that it was missing at first does no harm."""

    def train(config):
        for step in range(1, 9):
            rare = {"val": step} if step % 2 == 0 else {}
            yield {"accuracy": config["x"], **rare}

    results = run(tmp_path, {"val": 4}, train)
    assert [trial.iterations for trial in results] == [4, 4]
    assert len(said(caplog)) == 1
