"""Workers that train waiting trials on before anybody has decided."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

import tunesmith as tune
from tunesmith.protocols import ExecutorContext, TrialWorker
from tunesmith.protocols.commands import Pause, Proceed, Stop
from tunesmith.protocols.events import (
    CheckpointSaved,
    TrialEnded,
    TrialLost,
    TrialPaused,
)
from tunesmith.testing import trainables
from tunesmith.testing.executors import ExecutorConformance
from tunesmith.testing.stage import ExecutorCase, Stage
from tunesmith_ray import RayExecutor, pace
from tunesmith_ray.ahead import Ahead, Gate
from tunesmith_ray.link import Link

Made = Callable[..., Stage]


class Eager:
    """Makes workers in whose process steps count as short from the first one on."""

    def __init__(self, factory: Callable[[], TrialWorker]) -> None:
        self._factory = factory

    def __call__(self) -> TrialWorker:
        """Return a new worker."""
        pace.KNOWN = 0
        return self._factory()


def eager(context: ExecutorContext, **options: Any) -> RayExecutor:
    """Return an executor whose workers train on from the first decision on, however long it is."""
    context = msgspec.structs.replace(context, worker=Eager(context.worker))
    return RayExecutor(context, **{"prefetch": 1, "run_ahead_s": 60.0, **options})


class TestEagerExecutor(ExecutorConformance):
    """All that every executor promises, with trials that are further than anybody knows."""

    in_process = False
    slots = 2

    def make(self, context: ExecutorContext) -> RayExecutor:
        """Return an executor on the Ray of the session."""
        return eager(context)


class Kept:
    """Notes what arrives before it was asked for, and what is ordered of workers."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead: list[Ahead] = []
        self.orders: list[Any] = []
        keep, order = Gate.keep, Link.order

        def kept(gate: Gate, ahead: Ahead) -> Any:
            self.ahead.append(ahead)
            return keep(gate, ahead)

        def ordered(link: Link, command: Any) -> None:
            self.orders.append(command)
            order(link, command)

        monkeypatch.setattr(Gate, "keep", kept)
        monkeypatch.setattr(Link, "order", ordered)

    def await_end(self, shown: Stage) -> None:
        """Poll until a trial's end has come in advance."""
        self.await_kept(shown, lambda ahead: isinstance(ahead.then, TrialEnded))

    def await_kept(self, shown: Stage, wanted: Callable[[Ahead], bool]) -> None:
        """Poll until something like this has come in advance."""
        end = time.monotonic() + 30.0
        while not any(map(wanted, self.ahead)):
            assert time.monotonic() < end, f"it did not come; came: {self.ahead}"
            shown.poll(0.05)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Kept:
    """Return what arrives in advance."""
    return Kept(monkeypatch)


class TestAhead(ExecutorCase):
    """What becomes of trials that were trained in advance."""

    in_process = False
    isolate = False

    def make(self, context: ExecutorContext) -> RayExecutor:
        """Return an eager executor."""
        return eager(context, isolate=self.isolate)

    def test_decisions_need_no_worker(self, stage: Made, kept: Kept) -> None:
        """A trial that is over at its worker is decided on step by step, without a call."""
        shown = stage(trainables.yields)
        shown.launch(until=1.0)
        shown.wait_for_decision()
        kept.await_end(shown)
        assert shown.resources() == [1.0]
        shown.send(Proceed(trial="0001", attempt=1, until=3.0))
        assert [one.resource for one in shown.wait_for_decision().reports] == [2.0, 3.0]
        shown.send(Proceed(trial="0001", attempt=1, until=float("inf")))
        assert shown.wait(TrialEnded).outcome == "completed"
        assert shown.resources() == [1.0, 2.0, 3.0, 4.0, 5.0]
        assert kept.orders == []

    def test_its_worker_has_gone_on(self, stage: Made, kept: Kept) -> None:
        """While the engine decides on a trial that is over at its worker, that runs another."""
        shown = stage(trainables.yields, max_concurrent=1)
        shown.launch("0001", until=1.0)
        shown.wait_for_decision("0001")
        kept.await_end(shown)
        shown.launch("0002")
        assert shown.wait(TrialEnded, "0002").outcome == "completed"
        shown.send(Proceed(trial="0001", attempt=1, until=float("inf")))
        assert shown.wait(TrialEnded, "0001").outcome == "completed"
        assert shown.resources("0001") == shown.resources("0002")

    def test_an_isolated_process_ends_with_its_trial(self, stage: Made, kept: Kept) -> None:
        """With `isolate` no other trial runs in its process, whether it is decided on or not."""

        def tells(config: dict[str, Any]) -> Iterator[dict[str, Any]]:
            for _ in range(3):
                yield {"loss": 0.0, "pid": os.getpid()}

        self.isolate = True
        shown = stage(tells, max_concurrent=1)
        shown.launch("0001", until=1.0)
        shown.wait_for_decision("0001")
        kept.await_end(shown)
        shown.launch("0002")
        shown.wait(TrialEnded, "0002")
        shown.send(Proceed(trial="0001", attempt=1, until=float("inf")))
        assert shown.wait(TrialEnded, "0001").outcome == "completed"
        first, second = (
            {report.metrics["pid"] for report in shown.reports(trial)} for trial in ("0001", "0002")
        )
        assert len(first) == len(second) == 1
        assert first != second

    def test_what_a_stopped_trial_did_too_much_is_not_told(self, stage: Made, kept: Kept) -> None:
        """It ends as the stop says, at the report at which the engine stopped it."""
        shown = stage(trainables.yields)
        shown.launch(until=1.0)
        shown.wait_for_decision()
        kept.await_end(shown)
        shown.send(Stop(trial="0001", attempt=1, reason="rung", outcome="completed"))
        ended = shown.wait(TrialEnded)
        assert (ended.outcome, ended.reason) == ("completed", "rung")
        assert shown.resources() == [1.0]

    def test_error_in_advance_waits_for_its_turn(self, stage: Made, kept: Kept) -> None:
        """A failure is told once the engine lets the trial come to it, and never if it does not."""
        shown = stage(trainables.fails)
        for trial in ("0001", "0002"):
            shown.launch(trial, until=1.0)
            shown.wait_for_decision(trial)
        kept.await_end(shown)
        shown.send(
            Proceed(trial="0001", attempt=1, until=2.0),
            Stop(trial="0002", attempt=1, reason="rung"),
        )
        assert shown.wait(TrialEnded, "0001").outcome == "failed"
        shown.poll(0.2)
        (ended,) = [event for event in shown.about("0002") if isinstance(event, TrialEnded)]
        assert (ended.outcome, ended.error) == ("stopped", None)

    def test_paused_trial_begins_anew(self, stage: Made, kept: Kept) -> None:
        """It has nothing to save, gives its slot back, and catches up later in silence."""
        shown = stage(trainables.yields)
        shown.launch(until=2.0)
        shown.wait_for_decision()
        kept.await_end(shown)
        shown.send(Pause(trial="0001", attempt=1, reason="a person asked"))
        shown.wait(TrialPaused)
        assert not any(isinstance(event, CheckpointSaved) for event in shown.events)
        shown.launch(attempt=2, seen=2.0)
        assert shown.wait(TrialEnded, attempt=2).outcome == "completed"
        assert shown.resources() == [1.0, 2.0, 3.0, 4.0, 5.0]

    def test_trial_that_has_not_begun_cannot_be_paused(self, stage: Made, kept: Kept) -> None:
        """A pause that comes before its launch has left changes nothing."""
        shown = stage(trainables.yields, max_concurrent=1)
        shown.launch("0001", until=1.0)
        shown.launch("0002")
        shown.send(Pause(trial="0002", attempt=1, reason="too early"))
        shown.wait_for_decision("0001")
        shown.send(Stop(trial="0001", attempt=1, reason="rung"))
        assert shown.wait(TrialEnded, "0002").outcome == "completed"
        assert shown.resources("0002") == [1.0, 2.0, 3.0, 4.0, 5.0]

    def test_checkpoint_that_nobody_hears_of_is_deleted(
        self, stage: Made, kept: Kept, tmp_path: Path
    ) -> None:
        """Training code that saves only late leaves nothing behind, and then stands still."""

        def saves_late(config: dict[str, Any]) -> Iterator[Any]:
            for step in range(1, 6):
                state = {"step": step} if step == 3 else None
                yield tune.Report({"loss": 1.0 / step}, checkpoint=state)

        shown = stage(saves_late)
        shown.launch("0001", until=1.0)
        shown.wait_for_decision("0001")
        kept.await_kept(shown, lambda ahead: isinstance(ahead.then, CheckpointSaved))
        shown.send(Stop(trial="0001", attempt=1, reason="rung"))
        assert shown.wait(TrialEnded, "0001").outcome == "stopped"
        assert list((tmp_path / "trials/0001/checkpoints").iterdir()) == []
        kept.ahead.clear()
        shown.launch("0002", until=1.0)
        shown.wait_for_decision("0002")
        shown.send(Proceed(trial="0002", attempt=1, until=4.0))
        shown.wait_for_decision("0002")
        assert shown.newest_checkpoint("0002").resource == 3.0
        assert kept.ahead == []

    def test_lost_worker_takes_along_what_it_had_not_been_asked_for(
        self, stage: Made, kept: Kept
    ) -> None:
        """The death of a worker loses the trial that stands still there, and none that was over."""

        def naps(config: dict[str, Any]) -> Iterator[dict[str, Any]]:
            for _ in range(config["steps"]):
                yield {"loss": 0.0, "pid": os.getpid()}
            if config["steps"] == 2:
                time.sleep(600)

        shown = stage(naps, max_concurrent=1)
        shown.launch("0001", until=1.0, steps=3)
        shown.wait_for_decision("0001")
        kept.await_end(shown)
        shown.launch("0002", until=1.0, steps=2)
        shown.wait_for_decision("0002")
        kept.await_kept(shown, lambda ahead: ahead.trial == "0002")
        os.kill(shown.reports("0002")[0].metrics["pid"], 9)
        assert shown.wait(TrialLost, "0002").failure == "worker_lost"
        assert shown.resources("0002") == [1.0]
        shown.send(Proceed(trial="0001", attempt=1, until=float("inf")))
        assert shown.wait(TrialEnded, "0001").outcome == "completed"
        assert shown.resources("0001") == [1.0, 2.0, 3.0]

    def test_a_decision_overtakes_training_in_advance(self, stage: Made, kept: Kept) -> None:
        """A trial that is stopped while it is trained in advance ends at its next report."""
        shown = stage(trainables.runs_until_stopped)
        shown.launch(until=1.0)
        shown.wait_for_decision()
        shown.send(Stop(trial="0001", attempt=1, reason="rung"))
        ended = shown.wait(TrialEnded)
        assert (ended.outcome, ended.reason) == ("stopped", "rung")
        assert shown.resources() == [1.0]

    @pytest.mark.parametrize("trainable", [trainables.Counts, trainables.yields_checkpoints])
    def test_trials_that_can_be_saved_stand_still(
        self, stage: Made, kept: Kept, trainable: Any
    ) -> None:
        """Where there is state to save, or might be, nothing is trained in advance."""
        shown = stage(trainable)
        shown.launch(until=1.0)
        shown.wait_for_decision()
        shown.poll(0.2)
        shown.send(Proceed(trial="0001", attempt=1, until=3.0))
        shown.wait_for_decision()
        shown.poll(0.2)
        assert kept.ahead == []


class TestPatience(ExecutorCase):
    """When nothing is trained in advance."""

    in_process = False
    run_ahead_s = 0.005

    def make(self, context: ExecutorContext) -> RayExecutor:
        """Return an executor that learns how long steps are."""
        return RayExecutor(context, prefetch=1, run_ahead_s=self.run_ahead_s)

    def test_a_first_report_at_once_says_nothing(self, stage: Made, tmp_path: Path) -> None:
        """A step that may take an hour is not begun before it is asked for."""

        def train(config: dict[str, Any]) -> Iterator[dict[str, Any]]:
            yield {"loss": 0.0}
            (tmp_path / "begun").touch()
            time.sleep(600)

        shown = stage(train)
        for number in range(20):
            trial = f"{number:04}"
            shown.launch(trial, until=1.0)
            shown.wait_for_decision(trial)
            shown.send(Stop(trial=trial, attempt=1, reason="rung"))
            shown.wait(TrialEnded, trial)
        assert not (tmp_path / "begun").exists()

    def test_it_can_be_turned_off(self, stage: Made, kept: Kept) -> None:
        """With `run_ahead_s=0` a trial stands still, however short its steps are."""
        self.run_ahead_s = 0.0
        shown = stage(trainables.yields)
        shown.launch("long", steps=100)
        shown.wait(TrialEnded, "long")
        for number in range(5):
            trial = f"{number:04}"
            shown.launch(trial, until=1.0)
            shown.wait_for_decision(trial)
            shown.send(Proceed(trial=trial, attempt=1, until=float("inf")))
            shown.wait(TrialEnded, trial)
        assert kept.ahead == []

    def test_it_begins_by_itself(self, stage: Made, kept: Kept) -> None:
        """Once a worker has seen that steps are short, waiting trials are trained on."""
        shown = stage(trainables.yields, max_concurrent=1)
        shown.launch("long", steps=100)
        shown.wait(TrialEnded, "long")
        for number in range(100):
            trial = f"{number:04}"
            shown.launch(trial, until=1.0, steps=20)
            shown.wait_for_decision(trial)
            shown.send(Proceed(trial=trial, attempt=1, until=float("inf")))
            shown.wait(TrialEnded, trial)
            assert shown.resources(trial) == [float(step) for step in range(1, 21)]
            if any(isinstance(ahead.then, TrialEnded) for ahead in kept.ahead):
                return
        raise AssertionError(f"no trial was trained to its end in advance; came: {kept.ahead}")
