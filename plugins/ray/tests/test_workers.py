"""Worker processes: reused, isolated, shaped, lost and replaced."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
import ray

from tunesmith.errors import UsageError
from tunesmith.protocols import Executor, ExecutorContext, Resources
from tunesmith.protocols.commands import Launch, Stop
from tunesmith.protocols.events import (
    CapacityChanged,
    ExecutorFailed,
    Reported,
    TrialEnded,
    TrialLost,
    TrialStarted,
)
from tunesmith.testing import trainables
from tunesmith.testing.stage import ExecutorCase, Stage
from tunesmith_ray import RayExecutor

Made = Callable[..., Stage]


def capacity(shown: Stage) -> int:
    """Return the first capacity told."""
    event = shown.wait_for(lambda event: isinstance(event, CapacityChanged), "CapacityChanged")
    assert isinstance(event, CapacityChanged)
    return event.slots


def failure(shown: Stage) -> str:
    """Return what the executor failed with."""
    event = shown.wait_for(lambda event: isinstance(event, ExecutorFailed), "ExecutorFailed")
    assert isinstance(event, ExecutorFailed)
    return event.error.message


def assigned() -> dict[str, Any]:
    """In a worker: return what it holds."""
    return dict(ray.get_runtime_context().get_assigned_resources())  # type: ignore[no-untyped-call]


def run(shown: Stage, trials: list[str], **fields: Any) -> dict[str, dict[str, Any]]:
    """Run trials together and return the metrics of the last report of each."""
    shown.send(*(Launch(trial=t, attempt=1, config={"trial": t}, **fields) for t in trials))
    left = set(trials)

    def last(event: Any) -> bool:
        if isinstance(event, TrialEnded):
            assert event.outcome == "completed", event
            left.discard(event.trial)
        return not left

    shown.wait_for(last, f"the end of {trials}")
    return {trial: shown.reports(trial)[-1].metrics for trial in trials}


class TestWorkers(ExecutorCase):
    """Everything about the processes that trials run in."""

    in_process = False
    resources: Resources | None = None
    options: Mapping[str, Any] = {}

    def make(self, context: ExecutorContext) -> Executor:
        """Return an executor with the resources and options of the test."""
        if self.resources is not None:
            context = msgspec.structs.replace(context, resources=self.resources)
        return RayExecutor(context, **self.options)

    @pytest.fixture
    def made(self, stage: Callable[..., Stage]) -> Made:
        """Return a function that makes an executor; it is closed at the end."""

        def build(
            trainable: Any,
            resources: Resources | None = None,
            max_concurrent: int | None = None,
            **options: Any,
        ) -> Stage:
            self.resources, self.options = resources, options
            shown = stage(trainable, max_concurrent=max_concurrent)
            shown.slots = None  # as many as fit
            return shown

        return build

    def test_a_worker_runs_one_trial_after_another(self, made: Made) -> None:
        """Trials share a warm process, which is not the driver's."""

        def pid(config: dict[str, Any]) -> dict[str, Any]:
            return {"loss": 0.0, "pid": os.getpid()}

        shown = made(pid, max_concurrent=1)
        pids = {run(shown, [trial])[trial]["pid"] for trial in ("0001", "0002", "0003")}
        assert len(pids) == 1
        assert pids != {os.getpid()}

    def test_isolated_trials_have_processes_of_their_own(self, made: Made) -> None:
        """With `isolate` no process runs two trials."""

        def pid(config: dict[str, Any]) -> dict[str, Any]:
            return {"loss": 0.0, "pid": os.getpid()}

        shown = made(pid, isolate=True)
        pids = [run(shown, [trial])[trial]["pid"] for trial in ("0001", "0002", "0003")]
        assert len(set(pids)) == 3

    def test_what_a_trial_holds(self, made: Made) -> None:
        """Fractions and custom resources are held by the worker, and bound the capacity."""

        def held(config: dict[str, Any]) -> dict[str, Any]:
            return {"loss": 0.0, **assigned()}

        shown = made(held, Resources(({"cpu": 0.25, "widget": 1.0},)))
        assert capacity(shown) == 2
        metrics = run(shown, ["0001"])["0001"]
        assert (metrics["CPU"], metrics["widget"]) == (0.25, 1.0)

    def test_trial_with_resources_of_its_own(self, made: Made) -> None:
        """A launch may ask for another shape: idle workers make room for it."""

        def held(config: dict[str, Any]) -> dict[str, Any]:
            return {"loss": 0.0, **assigned()}

        shown = made(held)
        run(shown, ["0001", "0002"])
        metrics = run(shown, ["0003"], resources=Resources(({"cpu": 2.0},)))["0003"]
        assert metrics["CPU"] == 2.0

    def test_launch_that_never_fits_fails_with_the_arithmetic(self, made: Made) -> None:
        """One trial that asks for too much fails alone."""
        shown = made(trainables.returns_number)
        capacity(shown)
        shown.launch(resources=Resources(({"cpu": 64.0},)))
        ended = shown.wait(TrialEnded)
        assert ended.outcome == "failed"
        assert ended.error.message.startswith("a trial needs {cpu: 64}; the only node has {cpu: 2}")

    def test_request_that_never_fits_fails_at_once(self, made: Made) -> None:
        """Where no trial can ever run the executor fails within a second, with the arithmetic."""
        began = time.monotonic()
        shown = made(trainables.returns_number, Resources(({"cpu": 1.0, "gpu": 2.0},)))
        message = failure(shown)
        assert time.monotonic() - began < 1.0
        assert "a trial needs {cpu: 1, gpu: 2}; the only node has {cpu: 2, gpu: 0}" in message
        assert "lower resources=" in message

    def test_growing_cluster_is_waited_for(self, made: Made) -> None:
        """With `wait_for_resources` a shortage fails only after that time."""
        shown = made(trainables.returns_number, Resources(({"gpu": 1.0},)), wait_for_resources=0.5)
        assert capacity(shown) == 1
        assert "a trial needs {gpu: 1}" in failure(shown)

    def test_bundles_are_a_placement_group(self, made: Made) -> None:
        """Further bundles are for the tasks that the trial starts."""

        def nests(config: dict[str, Any]) -> dict[str, Any]:
            @ray.remote(num_cpus=0.5)
            def child() -> str:
                return str(ray.get_runtime_context().get_placement_group_id())

            own = str(ray.get_runtime_context().get_placement_group_id())
            return {"loss": 0.0, "own": own, "child": ray.get(child.remote())}

        shown = made(nests, Resources(({"cpu": 1.0}, {"cpu": 1.0})))
        assert capacity(shown) == 1
        metrics = run(shown, ["0001"])["0001"]
        assert metrics["own"] == metrics["child"] != "None"

    def test_trial_that_ignores_a_stop_is_ended(self, made: Made) -> None:
        """After the grace period its process goes, the trial counts as stopped."""

        def hangs(config: dict[str, Any]) -> Iterator[dict[str, Any]]:
            yield {"loss": 0.0, "pid": os.getpid()}
            if config["trial"] == "0001":
                time.sleep(600)

        shown = made(hangs, max_concurrent=1, stop_grace_s=0.2)
        shown.launch(config={"trial": "0001"})
        shown.wait(Reported)
        shown.send(Stop(trial="0001", attempt=1, reason="enough", outcome="interrupted"))
        ended = shown.wait(TrialEnded)
        assert (ended.outcome, ended.reason) == ("interrupted", "enough")
        pid = shown.reports()[0].metrics["pid"]
        assert run(shown, ["0002"])["0002"]["pid"] != pid

    def test_killed_worker_is_told_and_replaced(self, made: Made) -> None:
        """A process killed from outside loses its trial only; what it had reported is not lost."""

        def naps(config: dict[str, Any]) -> Iterator[dict[str, Any]]:
            yield {"loss": 0.0, "pid": os.getpid()}
            if config["steps"] == 2:
                time.sleep(600)

        shown = made(naps)
        shown.launch(steps=2)
        shown.wait(Reported)
        os.kill(shown.reports()[0].metrics["pid"], 9)
        lost = shown.wait(TrialLost)
        assert lost.failure == "worker_lost"
        assert lost.reason
        shown.launch(attempt=2, steps=1)
        assert shown.wait(TrialEnded, attempt=2).outcome == "completed"

    def test_capacity_grows_while_trials_are_short(self, made: Made) -> None:
        """Trials of a moment are handed out several at a time."""
        shown = made(trainables.returns_number)
        slots = capacity(shown)
        assert slots == 2
        found = []
        for number in range(40):
            run(shown, [f"{number:04}", f"{number + 1000:04}"])
            found = [e.slots for e in shown.events if isinstance(e, CapacityChanged)]
        assert max(found) > slots

    def test_trials_behind_a_long_one_are_taken_elsewhere(self, made: Made) -> None:
        """A launch queued behind a trial that turns out long runs in another worker meanwhile."""

        def varies(config: dict[str, Any]) -> Iterator[dict[str, Any]]:
            if config["trial"].startswith("long"):
                time.sleep(600)
            yield {"loss": 0.0}

        shown = made(varies, stop_grace_s=0.1)
        for number in range(30):
            run(shown, [f"a{number}", f"b{number}"])
        run(shown, [f"c{number}" for number in range(8)])
        shown.send(Launch(trial="long", attempt=1, config={"trial": "long"}))
        run(shown, [f"d{number}" for number in range(8)])
        assert not [event for event in shown.about("long") if isinstance(event, TrialEnded)]

    def test_chatty_trial_comes_in_batches(self, made: Made) -> None:
        """A thousand reports without a decision come as few events, each once, in order."""
        shown = made(trainables.yields)
        shown.launch(steps=1000)
        shown.wait(TrialEnded)
        assert shown.resources() == [float(n) for n in range(1, 1001)]
        batches = [event for event in shown.about() if isinstance(event, Reported)]
        assert len(batches) < 100

    def test_unpicklable_capture_is_refused(self, made: Made) -> None:
        """The constructor raises before any trial, and names the variable."""
        lock = threading.Lock()

        def train(config: dict[str, Any]) -> float:
            with lock:
                return 0.0

        with pytest.raises(
            UsageError, match=r"variable 'lock' \(a _thread.lock\) cannot be pickled"
        ):
            made(train)

    def test_code_that_cannot_be_loaded_fails_the_executor(self, tmp_path: Path) -> None:
        """A worker that cannot make its trial worker ends the run with cause and fix."""

        class Broken:
            def __reduce__(self) -> Any:
                return (exec, ("import no_such_module_anywhere",))

        shown = Stage(RayExecutor(ExecutorContext(Broken(), str(tmp_path), Resources())))  # type: ignore[arg-type]
        try:
            shown.launch()
            message = failure(shown)
        finally:
            shown.executor.close()
        assert "No module named 'no_such_module_anywhere'" in message
        assert "runtime_env" in message

    def test_options_that_cannot_apply_are_refused(self, made: Made) -> None:
        """Sizes of a Ray that already runs cannot be chosen; nonsense is quoted."""
        with pytest.raises(
            UsageError, match="num_cpus=8 cannot be applied because Ray already runs"
        ):
            made(trainables.yields, num_cpus=8)
        with pytest.raises(UsageError, match="prefetch=0 must be at least 1"):
            made(trainables.yields, prefetch=0)
        with pytest.raises(UsageError, match="run_ahead_s=nan must be a number of seconds"):
            made(trainables.yields, run_ahead_s=float("nan"))
        with pytest.raises(UsageError, match="stop_grace_s=-1 must be a number of seconds"):
            made(trainables.yields, stop_grace_s=-1)

    def test_started_tells_where(self, made: Made) -> None:
        """People can see on which worker a trial runs."""
        shown = made(trainables.returns_number)
        shown.launch(config={"x": 1.0})
        assert shown.wait(TrialStarted).worker
