"""Schedulers that have trials go on from checkpoints, and training code that saves none."""

import logging

import pytest

import tunesmith as tune
from tunesmith.plugins import Capabilities, SchedulerSpec
from tunesmith.protocols import Continue


class Cloning:
    """Says that it needs checkpoints."""

    spec = SchedulerSpec(
        name="cloning", factory="", api="1.0", capabilities=Capabilities(needs_checkpoints=True)
    )

    def __init__(self, problem):
        pass

    def on_result(self, trial, result):
        return Continue()


def silent(config):
    """Save nothing."""
    for epoch in range(1, 4):
        yield {"loss": config["x"] / epoch}


def saving(config):
    """Hand over a checkpoint where one is asked for."""
    for epoch in range(1, 4):
        checkpoint = {"epoch": epoch} if tune.should_checkpoint() else None
        yield tune.Report({"loss": config["x"] / epoch}, checkpoint=checkpoint)


def broken(config):
    """Fail."""
    raise ValueError(config)
    yield


def warnings(tmp_path, caplog, train, scheduler):
    """Return what a run of three trials warns of."""
    tune.run(
        train,
        {"x": tune.uniform(0, 1)},
        metric="loss",
        mode="min",
        scheduler=scheduler,
        num_samples=3,
        executor="inline",
        storage=tmp_path,
        verbose=0,
    )
    return [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]


def test_training_code_that_saves_nothing_is_told_of_once(tmp_path, caplog):
    """The first trial that ends without a checkpoint says what the scheduler cannot do."""
    (told,) = warnings(tmp_path, caplog, silent, Cloning)
    assert told.startswith(f"scheduler '{__name__}:Cloning' has trials go on from checkpoints, and")
    assert "trial 0001 ended without having saved any" in told
    assert "tune.report(metrics, checkpoint=" in told


@pytest.mark.parametrize(
    ("train", "scheduler"), [(saving, Cloning), (silent, "fifo"), (broken, Cloning)]
)
def test_nobody_else_is_warned(tmp_path, caplog, train, scheduler):
    """Neither who saves, nor who need not, nor a trial that had no time to."""
    assert warnings(tmp_path, caplog, train, scheduler) == []
