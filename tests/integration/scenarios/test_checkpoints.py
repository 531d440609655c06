"""Checkpoints: saved as dict or directory, found again after a failure, kept as configured."""

import json
import os

import pytest

import tunesmith as tune

ENGINE_ONLY = pytest.mark.parametrize(
    "executor", ["inline", pytest.param("ray", marks=pytest.mark.slow)], indirect=True
)
"""What the engine decides, wherever trials run: on Ray in the slow suite only."""


EPOCHS = 6


def as_dict(config):
    """Fail once, at epoch 4, having saved at each one."""
    found = tune.get_checkpoint()
    epoch = found.to_dict()["epoch"] if found else 0
    while epoch < EPOCHS:
        epoch += 1
        if epoch == 4 and tune.get_context().attempt == 1:
            raise RuntimeError("the machine hiccups")
        yield tune.Report({"loss": 1 / epoch, "epoch": epoch}, checkpoint={"epoch": epoch})


def as_directory(config):
    """Do the same by calls, with files."""
    found = tune.get_checkpoint()
    epoch = json.loads((found / "epoch.json").read_text()) if found else 0
    while epoch < EPOCHS:
        epoch += 1
        if epoch == 4 and tune.get_context().attempt == 1:
            raise RuntimeError("the machine hiccups")
        folder = tune.get_context().scratch()
        (folder / "epoch.json").write_text(json.dumps(epoch))
        tune.report({"loss": 1 / epoch, "epoch": epoch}, checkpoint=folder)


class AsClass:
    """The same again, saved by the framework."""

    def setup(self, config):
        self.epoch = 0

    def step(self):
        if self.epoch == EPOCHS:
            return None
        self.epoch += 1
        if self.epoch == 4 and tune.get_context().attempt == 1:
            raise RuntimeError("the machine hiccups")
        return {"loss": 1 / self.epoch, "epoch": self.epoch}

    def save_checkpoint(self, directory):
        with open(os.path.join(directory, "epoch.json"), "w") as file:
            json.dump(self.epoch, file)

    def load_checkpoint(self, directory):
        with open(os.path.join(directory, "epoch.json")) as file:
            self.epoch = json.load(file)


FORMS = {"dict": as_dict, "directory": as_directory, "class": AsClass}


@pytest.mark.parametrize("form", FORMS)
def test_a_retry_goes_on_from_the_newest_checkpoint(run, form):
    """After a failure at epoch 4 nothing is trained or reported twice, and counters go on."""
    (trial,) = run(
        FORMS[form],
        failure=tune.FailureConfig(max_retries=1),
        checkpoint=tune.CheckpointConfig(every=1),
    )
    assert (trial.status, trial.attempts) == ("completed", 2), trial.error
    assert [row["epoch"] for row in trial.history] == [1, 2, 3, 4, 5, 6]
    assert [row["training_iteration"] for row in trial.history] == [1, 2, 3, 4, 5, 6]
    spent = [row["time_total_s"] for row in trial.history]
    assert spent == sorted(spent)


@ENGINE_ONLY
def test_without_checkpoints_a_retry_starts_over_and_repeats_no_result(run):
    """A trial that saved nothing trains again from its start; results known already are dropped."""

    def forgetful(config):
        for epoch in range(1, 5):
            if epoch == 3 and tune.get_context().attempt == 1:
                raise RuntimeError("the machine hiccups")
            yield {"loss": 1 / epoch, "epoch": epoch}

    (trial,) = run(forgetful, failure=tune.FailureConfig(max_retries=1))
    assert (trial.status, trial.attempts) == ("completed", 2)
    assert [row["epoch"] for row in trial.history] == [1, 2, 3, 4]


def test_training_code_is_told_when_a_checkpoint_is_wanted(run):
    """With every=2 should_checkpoint says yes at each second report; what is offered is kept."""

    def obedient(config):
        for epoch in range(1, 6):
            wanted = tune.should_checkpoint()
            tune.report(
                {"loss": 1 / epoch, "wanted": wanted},
                checkpoint={"epoch": epoch} if wanted else None,
            )

    (trial,) = run(obedient, checkpoint=tune.CheckpointConfig(every=2, keep=None))
    assert [row["wanted"] for row in trial.history] == [False, True, False, True, False]
    assert trial.checkpoints[-1].to_dict() == {"epoch": 4}


def test_the_best_trial_can_be_loaded_from_its_checkpoint(run):
    """The best of all ended trials keeps its checkpoint: the one of its best report."""

    def train(config):
        for epoch in range(1, 4):
            loss = abs(epoch - 2) + config["x"]
            yield tune.Report({"loss": loss}, checkpoint={"epoch": epoch, "x": config["x"]})

    results = run(train, num_samples=4)
    best = results.best
    assert best.checkpoint.to_dict() == {"epoch": 2, "x": best.config["x"]}
    kept = {trial.id for trial in results if trial.checkpoint is not None}
    assert kept == {best.id}


@ENGINE_ONLY
def test_a_class_is_saved_at_its_end(run):
    """Without any configuration a class that can be saved is, when its trial is over."""

    class Model(AsClass):
        def step(self):
            if self.epoch == 3:
                return None
            self.epoch += 1
            return {"loss": 1 / self.epoch}

    (trial,) = run(Model)
    assert json.loads((trial.checkpoint / "epoch.json").read_text()) == 3


def test_checkpoints_may_hold_any_object_that_pickles(run):
    """A dict of arrays and objects comes back as it was."""

    def train(config):
        yield tune.Report({"loss": 0.0}, checkpoint={"weights": {1, 2}, "blob": b"\x00" * 1000})

    assert run(train).best.checkpoint.to_dict() == {"weights": {1, 2}, "blob": b"\x00" * 1000}
