"""What a trial and a report cost on Ray, counted: calls, bytes and pickles, not seconds.

Each bound is a little above what is counted today and fails before that doubles.
"""

import itertools
import pickle
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import ray

import tunesmith as tune
from tunesmith.protocols import ExecutorContext
from tunesmith.protocols.commands import Launch
from tunesmith.protocols.events import Report, Reported, TrialEnded
from tunesmith.testing import trainables
from tunesmith.testing.stage import ExecutorCase, Stage
from tunesmith_ray import RayExecutor, codec, link, parcel, wire
from tunesmith_ray.link import Link
from tunesmith_ray.staff import Staff

CONFIG = {"lr": 0.001234, "momentum": 0.9, "act": "relu"}


class Counter:
    """Counts the calls of a function that it stands in for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
        self._calls = itertools.count()
        self.calls = 0
        real = getattr(owner, name)

        def counted(*given: Any, **named: Any) -> Any:
            # Ray's threads call too; `next` is atomic.
            self.calls = next(self._calls) + 1
            return real(*given, **named)

        monkeypatch.setattr(owner, name, counted)


def run(folder: Path, trials: int, trainable: Any = trainables.returns_number, **more: Any) -> Any:
    """Run an experiment on the Ray that is up."""
    space = {"x": tune.uniform(0, 1)}
    options: dict[str, Any] = {"metric": "loss", "mode": "min", "verbose": 0, "executor": "ray"}
    return tune.run(trainable, space, num_samples=trials, storage=folder, **{**options, **more})


class TestCosts(ExecutorCase):
    """Round trips, of an executor alone."""

    in_process = False

    def make(self, context: ExecutorContext) -> RayExecutor:
        """Return the executor."""
        return RayExecutor(context)

    def test_workers_start_together(
        self, stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A worker for each trial that waits is asked for before the first of them is up."""
        seen: list[str] = []
        for owner, name in ((Link, "prepare"), (Staff, "welcome")):
            real = getattr(owner, name)

            def noted(*given: Any, real: Any = real, name: str = name) -> Any:
                seen.append(name)
                return real(*given)

            monkeypatch.setattr(owner, name, noted)
        shown = stage(trainables.returns_number, max_concurrent=2)
        shown.send(*(Launch(trial=t, attempt=1, config={"x": 0.5}) for t in ("a", "b")))
        shown.wait(TrialEnded, "a")
        shown.wait(TrialEnded, "b")
        assert seen[:2] == ["prepare", "prepare"]

    def test_a_trial_is_one_round_trip(
        self, stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Trials of a moment, one after another, cost a call of the worker each, or a bit more."""
        shown = stage(trainables.returns_number, max_concurrent=1)
        shown.launch("first", config={"x": 0.5})
        shown.wait(TrialEnded, "first")
        calls = Counter(monkeypatch, Link, "_exchange")
        for number in range(30):
            shown.launch(f"{number:04}", config={"x": 0.5})
            shown.wait(TrialEnded, f"{number:04}")
        assert calls.calls < 45

    def test_a_batch_of_trials_is_few_round_trips(
        self, stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Once trials are known to be short, sixteen at hand travel together."""
        shown = stage(trainables.returns_number, max_concurrent=1)
        for number in range(40):
            shown.launch(f"warm-{number}", config={"x": 0.5})
            shown.wait(TrialEnded, f"warm-{number}")
        calls = Counter(monkeypatch, Link, "_exchange")
        rounds = 10
        for number in range(rounds):
            names = [f"{number}-{place}" for place in range(16)]
            shown.send(*(Launch(trial=t, attempt=1, config={"x": 0.5}) for t in names))
            left = set(names)

            def ended(event: Any, left: set[str] = left) -> bool:
                if isinstance(event, TrialEnded):
                    left.discard(event.trial)
                return not left

            shown.wait_for(ended, "the end of all")
        assert calls.calls < 2 * rounds

    def test_reports_share_round_trips(
        self, stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """However many reports there are, a trial costs no more calls than it may linger."""
        lingers: list[float] = []
        encode = link.encode

        def watched(message: Any) -> bytes:
            lingers.append(message.rhythm.linger_s)
            return encode(message)

        monkeypatch.setattr(link, "encode", watched)
        shown = stage(trainables.yields)
        calls = Counter(monkeypatch, Link, "_exchange")
        began = time.monotonic()
        shown.launch(steps=10_000)
        shown.wait(TrialEnded)
        seconds = time.monotonic() - began
        assert shown.resources() == [float(n) for n in range(1, 10_001)]
        assert calls.calls <= 2 + 1.5 * seconds / min(lingers)


def test_decisions_are_few_round_trips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With ASHA and short steps several trials share a call, and few decisions reach a worker."""

    def curve(config: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for step in range(27):
            yield {"loss": config["x"] / (step + 1)}

    calls = Counter(monkeypatch, Link, "_exchange")
    orders = Counter(monkeypatch, Link, "order")
    asha = {"name": "asha", "max_resource": 27, "grace_period": 1, "reduction_factor": 3}
    executor = {"name": "ray", "run_ahead_s": 1.0}  # no busy machine makes a step that long
    results = run(tmp_path, 300, curve, scheduler=asha, executor=executor)
    decisions = sum(trial.iterations in {1, 3, 9, 27} for trial in results)
    assert decisions == 300
    assert calls.calls < 240
    assert orders.calls < 100


def test_training_code_is_packed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Training code and what it captures are pickled once an experiment, not once a trial."""
    log = tmp_path / "pickles"

    class Captured:
        def __getstate__(self) -> dict[str, Any]:
            with log.open("a") as file:
                file.write("pickled\n")
            return {}

    captured = Captured()

    def train(config: dict[str, Any]) -> float:
        assert captured is not None
        return float(config["x"])

    packs = Counter(monkeypatch, parcel, "_dumps")
    run(tmp_path, 40, train)
    assert packs.calls == 1
    assert log.read_text().splitlines() == ["pickled"]


def test_nothing_is_fetched_for_a_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver's calls of `ray.get`, `ray.put` and `ray.wait` do not grow with the trials."""
    counters = [Counter(monkeypatch, ray, name) for name in ("get", "put", "wait")]

    def count(trials: int) -> list[int]:
        before = [counter.calls for counter in counters]
        run(tmp_path, trials)
        return [one.calls - start for one, start in zip(counters, before, strict=True)]

    assert count(10) == count(100)


@pytest.fixture
def reports() -> tuple[Report, ...]:
    """A hundred reports of a few metrics, as training code makes them."""
    metrics = {"loss": 0.25, "accuracy": 0.75}
    timing = {"time_total_s": 1.5, "timestamp": 1e9}
    return tuple(
        Report(step, {**metrics, "training_iteration": step, **timing}) for step in range(100)
    )


def test_bytes_on_the_wire(reports: tuple[Report, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """A launch is some hundred bytes, a report little more than its metrics; none is pickled."""
    pickles = Counter(monkeypatch, pickle, "dumps")
    launches = tuple(Launch(trial=f"{n:04}", attempt=1, config=CONFIG) for n in range(100))
    sent = len(codec.encode(wire.Orders(launches))) / 100
    told = Reported(at=1e9, trial="0001", attempt=1, reports=reports)
    came = len(codec.encode(wire.Batch(1, (told,)))) / 100
    assert sent < 220
    assert came < 145
    assert pickles.calls == 0
