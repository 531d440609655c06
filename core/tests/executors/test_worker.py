"""The worker: commands in, events out, for one process."""

import pickle
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import tunesmith.space as ts
from tunesmith._executors.settings import WorkerSettings
from tunesmith._executors.worker import Worker, Workers
from tunesmith._trainable import reporting as tune
from tunesmith._trainable.form import wrap
from tunesmith._trainable.parameters import with_parameters
from tunesmith.protocols import Checkpoint
from tunesmith.protocols.commands import Launch, Pause, Proceed
from tunesmith.protocols.events import (
    CheckpointSaved,
    Reported,
)
from tunesmith.protocols.executor import WorkerFactory
from tunesmith.space import parse_space
from tunesmith.testing import trainables

Make = Callable[..., Worker]


def launch(worker: Worker, trial: str = "0001", attempt: int = 1, **fields: Any) -> list[Any]:
    config = fields.pop("config", {})
    return list(worker.handle(Launch(trial=trial, attempt=attempt, config=config, **fields)))


def names(events: list[Any]) -> list[str]:
    return [type(event).__name__ for event in events]


# Forms of training code ---------------------------------------------------------------------------


def test_function_learns_to_run_directly(make: Make) -> None:
    """A function that only returns is called in the caller's thread from its second trial on."""
    threads = []

    def train(config: Any) -> float:
        threads.append(threading.current_thread())
        return 1.0

    worker = make(train)
    for trial in ("0001", "0002", "0003"):
        assert names(launch(worker, trial)) == ["TrialStarted", "Reported", "TrialEnded"]
    assert threads[0] is not threading.main_thread()
    assert threads[1:] == [threading.main_thread()] * 2


def test_directly_run_function_may_still_report(make: Make) -> None:
    """A function run directly that reports after all hands its reports out one by one."""

    def train(config: Any) -> float | None:
        if not config["reports"]:
            return 1.0
        for step in range(1, 4):
            tune.report({"loss": float(step)}, checkpoint={"step": step})
        return 0.5

    worker = make(train)
    launch(worker, config={"reports": False})
    events = launch(worker, "0002", config={"reports": True}, until=2.0)
    assert [e.waiting for e in events if isinstance(e, Reported)] == [False, True]
    events += worker.handle(Proceed(trial="0002", attempt=1, until=9.0))
    losses = [e.reports[0].metrics["loss"] for e in events if isinstance(e, Reported)]
    assert losses == [1.0, 2.0, 3.0, 0.5]
    saved = [e.checkpoint for e in events if isinstance(e, CheckpointSaved)]
    assert [(c.resource, c.iteration) for c in saved] == [(1.0, 1), (2.0, 2), (3.0, 3)]
    assert events[-1].outcome == "completed"


def test_returned_generator_is_driven(make: Make) -> None:
    """A function may return a generator: its values are the reports."""
    worker = make(lambda config: trainables.yields(config))  # noqa: PLW0108 (the case)
    for trial in ("0001", "0002"):
        events = launch(worker, trial, config={"steps": 2})
        assert names(events) == ["TrialStarted", "Reported", "Reported", "TrialEnded"]


def test_generator_may_return_a_last_report(make: Make) -> None:
    """What a generator returns is a report too; a bare number is the objective."""

    def train(config: Any) -> Any:
        yield {"loss": 2.0}
        return 1.0

    reported = [e for e in launch(make(train)) if isinstance(e, Reported)]
    assert [e.reports[0].metrics["loss"] for e in reported] == [2.0, 1.0]


def test_object_is_reused_where_it_can_be_reset(make: Make) -> None:
    """`reset_config` keeps the object for the next trial; without it each has its own."""
    made: list[Any] = []

    class Reused(trainables.Counts):
        def __init__(self) -> None:
            made.append("init")

        def reset_config(self, config: Any) -> bool:
            self.setup(config)
            return bool(config["reuse"])

        def cleanup(self) -> None:
            made.append("cleanup")

    worker = make(Reused)
    for trial, reuse in (("0001", True), ("0002", True), ("0003", False)):
        events = launch(worker, trial, config={"steps": 2, "reuse": reuse})
        assert events[-1].outcome == "completed"
    assert made == ["init", "cleanup", "init"]
    worker.close()
    assert made == ["init", "cleanup", "init", "cleanup"]


def test_space_brings_objects_back(make: Make) -> None:
    """Training code gets the live object that a label stands for."""
    space = parse_space({"act": ts.choice([trainables.returns_number, 3])})
    seen = []

    def train(config: Any) -> float:
        seen.append(config["act"])
        return 1.0

    worker = make(train, space=space)
    plain = space.to_plain({"act": trainables.returns_number})
    launch(worker, config=plain)
    assert seen == [trainables.returns_number]


def test_config_may_be_changed_by_training_code(make: Make) -> None:
    """The engine's copy of a config is safe from training code."""

    def train(config: Any) -> float:
        config["opt"]["lr"] = 99
        return 1.0

    config = {"opt": {"lr": 1}}
    launch(make(train), config=config)
    assert config == {"opt": {"lr": 1}}


def test_factory_is_picklable_and_ships_references(tmp_path: Path) -> None:
    """The worker factory travels, and big parameters can stay behind as references."""
    form = wrap(with_parameters(trainables.adds, data=[1.0, 2.0]))
    factory: WorkerFactory = Workers(
        WorkerSettings(trainable=form, folder=str(tmp_path), objective="loss")
    )
    assert isinstance(factory, WorkerFactory)
    assert dict(factory.parameters) == {"data": [1.0, 2.0]}
    light = pickle.dumps(factory.with_references({"data": "3,4"}, from_text))
    worker = pickle.loads(light)()  # noqa: S301 (our own bytes)
    (reported,) = [e for e in launch(worker, config={"x": 1}) if isinstance(e, Reported)]
    assert reported.reports[0].metrics["loss"] == 8.0
    worker.close()


def from_text(text: str) -> list[float]:
    return [float(part) for part in text.split(",")]


# Resource and counters ----------------------------------------------------------------------------


def test_users_own_resource_counts(make: Make) -> None:
    """Decisions follow the metric that the experiment names as its resource."""

    def train(config: Any) -> Iterator[Any]:
        for epoch in (10, 20, 30):
            yield {"loss": 1.0, "epoch": epoch}

    events = launch(make(train, resource="epoch"), until=15.0)
    assert [e.reports[0].resource for e in events if isinstance(e, Reported)] == [10.0, 20.0]
    assert events[-1].reports[0].metrics["training_iteration"] == 2


def test_users_own_iteration_is_kept(make: Make) -> None:
    """A training_iteration that training code reports is the one that counts."""

    def train(config: Any) -> Iterator[Any]:
        yield {"loss": 1.0, "training_iteration": 5}
        yield {"loss": 1.0, "training_iteration": 10}

    events = launch(make(train))
    assert [e.reports[0].resource for e in events if isinstance(e, Reported)] == [5.0, 10.0]


def test_counters_continue_from_a_checkpoint(make: Make) -> None:
    """Iterations and training time go on where the checkpoint was saved."""
    worker = make(trainables.Counts, clock=lambda: 7.0)
    events = launch(worker, until=3.0)
    events += worker.handle(Pause(trial="0001", attempt=1, reason="rung"))
    assert names(events)[-2:] == ["CheckpointSaved", "TrialPaused"]
    saved = events[-2].checkpoint
    assert saved.path == "trials/0001/checkpoints/000003-a1"
    again = launch(worker, attempt=2, checkpoint=saved, seen=3.0)
    first = next(e for e in again if isinstance(e, Reported)).reports[0]
    assert first.metrics["training_iteration"] == 4
    assert first.metrics["time_total_s"] > saved.elapsed_s
    assert first.metrics["timestamp"] == 7.0


def test_foreign_checkpoint_brings_no_report(make: Make) -> None:
    """A trial forked from another's checkpoint does not report the other's results."""
    worker = make(trainables.Counts)
    events = launch(worker, until=3.0)
    events += worker.handle(Pause(trial="0001", attempt=1, reason="rung"))
    saved = events[-2].checkpoint
    forked = launch(worker, "0002", checkpoint=saved, seen=1.0, until=4.0)
    assert [e.reports[0].resource for e in forked if isinstance(e, Reported)] == [4.0]


def test_a_pause_is_carried_out_again(make: Make) -> None:
    """With `pauses` the trial trains to `seen` without a report, saves itself and pauses."""
    events = launch(make(trainables.Counts), attempt=2, seen=3.0, until=5.0, pauses=True)
    assert names(events) == ["TrialStarted", "CheckpointSaved", "TrialPaused"]
    assert events[1].checkpoint.resource == 3.0


def test_missing_checkpoint_is_told(make: Make) -> None:
    """A launch from a checkpoint that is gone fails with the path."""
    gone = Checkpoint(trial="0001", resource=1.0, path="trials/0001/checkpoints/000001-a1")
    error = launch(make(trainables.Counts), checkpoint=gone)[-1].error
    assert "000001-a1' of trial 0001 is gone" in error.message
