"""Training code in every form, through `tune.run`, on every executor."""

import functools
import time
from pathlib import Path

import pytest

import tunesmith as tune

ENGINE_ONLY = pytest.mark.parametrize(
    "executor", ["inline", pytest.param("ray", marks=pytest.mark.slow)], indirect=True
)
"""What the engine decides, wherever trials run: on Ray in the slow suite only."""


POINTS = [{"x": 2.0}, {"x": 1.0}, {"x": 3.0}]
SPACE = {"x": tune.uniform(0, 4)}

MODULE = """
def train(config):
    for step in range(3):
        yield {"loss": config["x"] + 2 - step}
"""


def returns_number(config):
    return config["x"]


def returns_dict(config):
    return {"loss": config["x"], "deep": {"acc": 1 - config["x"]}}


def yields(config):
    for step in range(3):
        yield {"loss": config["x"] + 2 - step}


def yields_reports(config):
    for step in range(3):
        yield tune.Report({"loss": config["x"] + 2 - step}, checkpoint={"step": step})


def reports(config):
    for step in range(3):
        tune.report({"loss": config["x"] + 2 - step}, checkpoint={"step": step})


class Steps:
    def setup(self, config):
        self.x, self.count = config["x"], 0

    def step(self):
        if self.count == 3:
            return None
        self.count += 1
        return {"loss": self.x + 3 - self.count}


class CallableObject:
    def __call__(self, config):
        return config["x"]


def adds(config, *, data):
    return config["x"] + sum(data)


FORMS = {
    "number": (returns_number, 1),
    "dict": (returns_dict, 1),
    "generator": (yields, 3),
    "generator of reports": (yields_reports, 3),
    "tune.report": (reports, 3),
    "class": (Steps, 3),
    "object": (CallableObject(), 1),
    "lambda": (lambda config: config["x"], 1),
    "partial": (functools.partial(adds, data=[0.0]), 1),
    "with_parameters": (tune.with_parameters(adds, data=[0.0]), 1),
    "import path": ("trained_here:train", 3),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_training_code_runs(run, form, tmp_path, monkeypatch):
    """All forms give the same best configuration, and as many reports as they made."""
    (tmp_path / "trained_here.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    trainable, reports = FORMS[form]
    results = run(trainable, SPACE, points_to_evaluate=POINTS, num_samples=3)
    assert {trial.status for trial in results} == {"completed"}, results.errors
    assert results.best.config == {"x": 1.0}
    assert results.best.value == pytest.approx(1.0)
    assert [trial.config["x"] for trial in results] == [2.0, 1.0, 3.0]
    assert {len(trial.history) for trial in results} == {reports}


@ENGINE_ONLY
def test_nested_metrics_are_flat_in_results(run):
    """What training code reports below a key is found under the joined name."""
    results = run(returns_dict, SPACE, points_to_evaluate=POINTS[:1])
    assert results.best.metrics["deep/acc"] == -1.0


def test_every_report_carries_the_counters(run):
    """Each row of the history has training_iteration, time_total_s and timestamp, all growing."""

    def sleepy(config):
        for _ in range(3):
            time.sleep(0.01)
            yield {"loss": 1.0}

    before = time.time()
    (trial,) = run(sleepy)
    assert [row["training_iteration"] for row in trial.history] == [1, 2, 3]
    spent = [row["time_total_s"] for row in trial.history]
    assert spent == sorted(spent)
    assert spent[0] >= 0.009
    stamps = [row["timestamp"] for row in trial.history]
    assert before <= stamps[0] <= stamps[1] <= stamps[2] <= time.time()


def test_a_class_goes_through_its_whole_life(run, tmp_path):
    """One warm object is reset for each further trial, and cleaned up when it is done with."""
    diary = tmp_path / "diary.txt"

    class Model:
        def note(self, what):
            with diary.open("a") as file:
                file.write(f"{what}\n")

        def setup(self, config):
            self.note(f"setup {config['x']:g}")
            self.x, self.epoch = config["x"], 0

        def reset_config(self, config):
            self.note(f"reset {config['x']:g}")
            self.x, self.epoch = config["x"], 0
            return True

        def step(self):
            self.epoch += 1
            return {"loss": self.x / self.epoch} if self.epoch < 3 else None

        def save_checkpoint(self, directory):
            self.note(f"save {self.epoch}")
            Path(directory, "epoch").write_text(str(self.epoch))

        def load_checkpoint(self, directory):
            self.note("load")

        def cleanup(self):
            self.note("cleanup")

    run(Model, SPACE, points_to_evaluate=POINTS, num_samples=3, max_concurrent=1)
    told = diary.read_text().split("\n")[:-1]
    assert [line for line in told if not line.startswith("save")] == [
        "setup 2",
        "reset 1",
        "reset 3",
        "cleanup",
    ]


@ENGINE_ONLY
def test_a_class_that_cannot_be_reset_is_made_anew(run):
    """Where reset_config returns False, or is not there, each trial gets an object of its own."""

    class Fresh:
        made = 0

        def setup(self, config):
            type(self).made += 1
            self.uses = 0

        def reset_config(self, config):
            return False

        def step(self):
            self.uses += 1
            return {"loss": float(self.uses)} if self.uses == 1 else None

    results = run(Fresh, num_samples=3, max_concurrent=1)
    assert [trial.last_metrics["loss"] for trial in results] == [1.0, 1.0, 1.0]


def test_parameters_reach_functions_and_classes_unchanged(run):
    """Objects bound with with_parameters arrive as keyword arguments, a class's in setup."""

    class Model:
        def setup(self, config, data, scale):
            self.values = [scale * value for value in data]

        def step(self):
            return {"loss": self.values.pop()} if self.values else None

    bound = tune.with_parameters(Model, data=[1.0, 2.0], scale=10.0)
    (trial,) = run(bound)
    assert [row["loss"] for row in trial.history] == [20.0, 10.0]


def test_training_code_knows_where_it_runs(run, executor, tmp_path):
    """get_context tells trial, attempt, experiment, configuration, resources and a folder."""

    def curious(config):
        context = tune.get_context()
        (context.folder / "mine.txt").write_text("here")
        return {
            "loss": 1.0,
            "trial": context.trial_id,
            "attempt": context.attempt,
            "experiment": context.experiment,
            "same": context.config == config,
            "cpu": context.resources.bundles[0]["cpu"],
            "iteration": context.iteration,
            "folder": str(context.folder),
            "stopping": context.is_stopping,
        }

    results = run(curious, num_samples=2, name="curious-1", resources={"cpu": 0.5})
    for trial in results:
        told = trial.metrics
        assert (told["trial"], told["attempt"], told["experiment"]) == (trial.id, 1, "curious-1")
        assert (told["same"], told["cpu"], told["iteration"]) == (True, 0.5, 0)
        assert told["stopping"] is False
        assert told["folder"] == str(tmp_path / "runs" / "curious-1" / "trials" / trial.id)
        assert (trial.path / "mine.txt").read_text() == "here"


def test_what_a_trial_prints_is_in_its_folder_on_ray(run_ray):
    """Standard output of each trial goes to a file of its own, not to the driver's screen."""

    def prints(config):
        print(f"x is {config['x']}")
        return config["x"]

    for trial in run_ray(prints, num_samples=2):
        assert (trial.path / "stdout.log").read_text() == f"x is {trial.config['x']}\n"
