"""The worker: when it saves, and how attempts end."""

import contextlib
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tunesmith._executors.worker import Worker
from tunesmith._trainable import function
from tunesmith._trainable import reporting as tune
from tunesmith._trainable.checkpoint import CheckpointPolicy
from tunesmith.protocols.commands import Launch, Pause, Proceed, Stop
from tunesmith.protocols.events import (
    CheckpointSaved,
    Reported,
    TrialEnded,
    TrialPaused,
    TrialStarted,
)
from tunesmith.testing import trainables

Make = Callable[..., Worker]


def launch(worker: Worker, trial: str = "0001", attempt: int = 1, **fields: Any) -> list[Any]:
    config = fields.pop("config", {})
    return list(worker.handle(Launch(trial=trial, attempt=attempt, config=config, **fields)))


def stop(**fields: Any) -> Stop:
    return Stop(**{"trial": "0001", "attempt": 1, "reason": "enough", **fields})


def error_of(events: list[Any]) -> Any:
    assert isinstance(events[-1], TrialEnded)
    assert events[-1].outcome == "failed"
    return events[-1].error


def names(events: list[Any]) -> list[str]:
    return [type(event).__name__ for event in events]


# Checkpoint policy --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (CheckpointPolicy(at_end=False), []),
        (CheckpointPolicy(), [5.0]),
        (CheckpointPolicy(every=2, at_end=False), [2.0, 4.0]),
        (CheckpointPolicy(at_decision=True, at_end=False), [3.0]),
    ],
)
def test_policy_for_classes(make: Make, policy: CheckpointPolicy, expected: list[float]) -> None:
    """A class is saved when the policy says so, and never twice at the same place."""
    worker = make(trainables.Counts, checkpoint=policy)
    events = launch(worker, until=3.0)
    events += worker.handle(Proceed(trial="0001", attempt=1, until=float("inf")))
    saved = [e.checkpoint.resource for e in events if isinstance(e, CheckpointSaved)]
    assert saved == expected


def test_should_checkpoint_follows_the_policy(make: Make) -> None:
    """Training code can ask whether its next report shall come with a checkpoint."""
    asked = []

    def train(config: Any) -> None:
        for _ in range(5):
            asked.append(tune.should_checkpoint())
            tune.report({"loss": 1.0})

    policy = CheckpointPolicy(every=2, at_decision=True)
    launch(make(train, checkpoint=policy), until=5.0)
    assert asked == [False, True, False, True, True]


def test_interrupted_class_is_saved(make: Make) -> None:
    """A stop after which the trial may go on saves it, whatever the policy."""
    worker = make(trainables.Counts, checkpoint=CheckpointPolicy(at_end=False))
    launch(worker, until=2.0)
    events = list(worker.handle(stop(outcome="interrupted")))
    assert names(events) == ["CheckpointSaved", "TrialEnded"]
    assert events[1].outcome == "interrupted"


def test_failing_save_fails_the_trial(make: Make) -> None:
    """An exception in save_checkpoint is the training code's failure."""

    class Unsavable(trainables.Counts):
        def save_checkpoint(self, directory: str) -> None:
            raise RuntimeError("disk on fire")

    worker = make(Unsavable)
    launch(worker, until=1.0)
    error = error_of(list(worker.handle(Pause(trial="0001", attempt=1, reason="rung"))))
    assert error.message == "disk on fire"


# Endings and failures -----------------------------------------------------------------------------


def test_interrupt_before_launch_is_remembered(make: Make) -> None:
    """A stop that overtakes its launch ends the trial before its training code is set up."""
    worker = make(trainables.fails)
    worker.interrupt(stop(reason="early", outcome="completed"))
    events = launch(worker)
    assert names(events) == ["TrialStarted", "TrialEnded"]
    assert (events[1].outcome, events[1].reason) == ("completed", "early")


@pytest.mark.parametrize("form", ["calls", "yields"])
def test_interrupt_lets_the_next_report_through(make: Make, form: str) -> None:
    """A running trial delivers the report that it is working on, then ends."""
    holder: list[Worker] = []
    seen = []

    def yields(config: Any) -> Iterator[Any]:
        for _ in range(9):
            holder[0].interrupt(stop())
            seen.append(tune.get_context().is_stopping)
            yield {"loss": 1.0}

    def calls(config: Any) -> None:
        for metrics in yields(config):
            tune.report(metrics)

    holder.append(make(calls if form == "calls" else yields))
    events = launch(holder[0], until=1.0)
    assert names(events) == ["TrialStarted", "Reported", "TrialEnded"]
    assert not events[1].waiting
    assert events[2].outcome == "stopped"
    assert seen == [True]


def test_cleanup_error_of_a_stopped_trial_is_shown(make: Make) -> None:
    """A stopped trial whose `finally` fails is stopped, and the error is not lost."""

    def train(config: Any) -> None:
        try:
            tune.report({"loss": 1.0})
        finally:
            raise ValueError("cannot clean up")

    worker = make(train)
    launch(worker, until=1.0)
    (ended,) = worker.handle(stop())
    assert (ended.outcome, ended.error.type) == ("stopped", "ValueError")


def test_swallowed_stop_still_ends(make: Make) -> None:
    """Training code that swallows the stop once is stopped at its next report."""

    def train(config: Any) -> None:
        for _ in range(3):
            with contextlib.suppress(BaseException):
                tune.report({"loss": 1.0})

    worker = make(train)
    launch(worker, until=1.0)
    (ended,) = worker.handle(stop())
    assert ended.outcome == "stopped"


def test_bad_report_points_at_the_users_line(make: Make) -> None:
    """A refused report's traceback ends at the line that reported it, in every form."""

    def calls(config: Any) -> None:
        tune.report({"loss": object()})  # this line

    def yields(config: Any) -> Iterator[Any]:
        yield {"loss": object()}  # this line

    for train in (calls, yields):
        error = error_of(launch(make(train)))
        lines = error.traceback.splitlines()
        assert "# this line" in lines[2]
        assert lines[-1].endswith("TrialError: " + error.message)
        assert "metric 'loss' is of type object" in error.message


def test_asynchronous_result_is_refused(make: Make) -> None:
    """A coroutine returned by a plain function is an error with the fix."""

    async def inner() -> float:
        return 1.0

    error = error_of(launch(make(lambda config: inner())))
    assert "asyncio.run" in error.message


@pytest.mark.parametrize(
    ("value", "message"),
    [("0.5", "reported '0.5' of type str: expected a number"), ([1.0], "of type list")],
)
def test_strange_results_are_refused(make: Make, value: Any, message: str) -> None:
    """What is neither a number nor a dict is no report."""
    assert message in error_of(launch(make(lambda config: value))).message


def test_mixed_forms_are_refused(make: Make) -> None:
    """A generator that also calls report is told to yield."""

    def train(config: Any) -> Iterator[Any]:
        tune.report({"loss": 1.0})
        yield 1.0

    assert "yield the metrics" in error_of(launch(make(train))).message


@pytest.mark.parametrize(
    ("error", "kind"),
    [(MemoryError(), "oom"), (type("OutOfMemoryError", (RuntimeError,), {})(), "oom")],
)
def test_running_out_of_memory_has_its_kind(make: Make, error: Exception, kind: str) -> None:
    """Out of memory, on the host or a GPU, can be retried by its own policy."""

    def train(config: Any) -> None:
        raise error

    assert launch(make(train))[-1].failure == kind


def test_ctrl_c_passes_through(make: Make) -> None:
    """KeyboardInterrupt reaches the driver; the attempt can then be stopped and goes on later."""

    def calls(config: Any) -> None:
        tune.report({"loss": 1.0})
        raise KeyboardInterrupt

    def yields(config: Any) -> Iterator[Any]:
        yield {"loss": 1.0}
        raise KeyboardInterrupt

    for train in (calls, yields):
        worker = make(train)
        events = worker.handle(Launch(trial="0001", attempt=1, config={}))
        assert isinstance(next(events), TrialStarted)
        assert isinstance(next(events), Reported)
        with pytest.raises(KeyboardInterrupt):
            next(events)
        (ended,) = worker.handle(Proceed(trial="0001", attempt=1, until=9.0))
        assert ended.outcome == "interrupted"


def test_setup_error_is_the_trials(make: Make) -> None:
    """An exception in setup fails the trial, and the next one gets a new object."""

    class Fragile(trainables.Counts):
        def setup(self, config: Any) -> None:
            super().setup(config)
            if config["bad"]:
                raise ValueError(f"bad config {config}")

    worker = make(Fragile)
    assert error_of(launch(worker, config={"bad": True})).type == "ValueError"
    assert launch(worker, "0002", config={"bad": False})[-1].outcome == "completed"


def test_launch_replaces_a_waiting_attempt(make: Make) -> None:
    """A launch takes the place of an attempt that still stands, whose code is closed."""
    worker = make(trainables.yields_until_stopped)
    launch(worker, until=1.0)
    events = launch(worker, attempt=2, seen=1.0, until=2.0)
    assert [e.attempt for e in events] == [2, 2]
    assert list(worker.handle(stop())) == []


def test_output_is_captured_per_trial(make: Make, tmp_path: Path) -> None:
    """With capture, loggers made in one trial write to the log of whichever trial runs."""
    logger = logging.getLogger("tunesmith-test-capture")

    def train(config: Any) -> float:
        if not logger.handlers:
            logger.addHandler(logging.StreamHandler())
        print("to stdout")
        logger.error("to the logger of %s", config["name"])
        return 1.0

    worker = make(train, capture=True)
    before = sys.stdout
    for trial, name in (("0001", "one"), ("0002", "two")):
        launch(worker, trial, config={"name": name})
        text = (tmp_path / "trials" / trial / "stdout.log").read_text()
        assert text == f"to stdout\nto the logger of {name}\n"
    assert sys.stdout is before


def test_silent_trial_has_no_log(make: Make, tmp_path: Path) -> None:
    """A trial that prints nothing leaves no folder behind."""
    launch(make(trainables.returns_number, capture=True))
    assert not (tmp_path / "trials").exists()


def test_paused_function_has_nothing_to_save(make: Make) -> None:
    """A function without a checkpoint is paused all the same; it will start anew."""
    worker = make(trainables.yields)
    launch(worker, until=2.0)
    (paused,) = worker.handle(Pause(trial="0001", attempt=1, reason="rung"))
    assert isinstance(paused, TrialPaused)


def test_code_that_does_not_unwind_is_left_to_itself(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stopped function that hangs in its `finally` blocks neither the worker nor later trials."""
    monkeypatch.setattr(function, "GRACE_S", 0.02)
    release = threading.Event()

    def train(config: Any) -> None:
        try:
            tune.report({"loss": 1.0})
        finally:
            release.wait()

    worker = make(train)
    for trial in ("0001", "0002"):
        launch(worker, trial, until=1.0)
        (ended,) = worker.handle(stop(trial=trial))
        assert ended.outcome == "stopped"
    release.set()
