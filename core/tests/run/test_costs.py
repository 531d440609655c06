"""What a trial and a report cost, counted: no clock, so the same on every machine.

Each bound is a little above what is counted today and fails before that doubles. The cost of one
more trial, or report, is the difference of two experiments over the difference of their sizes.
"""

import contextlib
import gc
import itertools
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

import tunesmith as tune
from tunesmith._engine.trials import Trial
from tunesmith._journal import log
from tunesmith._journal.log import Journal

FEW, MANY = 20, 120


def train(config: dict[str, Any]) -> Iterator[dict[str, float]]:
    for step in range(config["reports"]):
        yield {"loss": config["x"] / (step + 1)}


def run(folder: Path, *, trials: int = 1, reports: int = 1, **options: Any) -> Any:
    space = {"x": tune.uniform(0, 1), "reports": reports}
    fixed: dict[str, Any] = {"metric": "loss", "mode": "min", "seed": 1, "executor": "inline"}
    fixed |= {"storage": folder, "verbose": 0, "num_samples": trials}
    return tune.run(train, space, **{**fixed, **options})


@pytest.fixture
def each(tmp_path: Path) -> Callable[..., tuple[float, float]]:
    """Return a function that tells what one more trial costs, and one more report of a trial.

    It is given what to count: a function that runs an experiment of a size and returns a number.
    """

    def cost(count: Callable[..., float]) -> tuple[float, float]:
        count(trials=2, reports=2)  # whatever happens the first time only
        trial = count(trials=MANY) - count(trials=FEW)
        report = count(reports=MANY) - count(reports=FEW)
        return trial / (MANY - FEW), report / (MANY - FEW)

    return cost


Each = Callable[[Callable[..., float]], tuple[float, float]]


def growth(counter: Iterator[int], folder: Path) -> Callable[..., float]:
    """Return what says by how much a run of a size advances the counter."""

    def count(**sizes: int) -> float:
        before = next(counter)
        run(folder, **sizes)
        return next(counter) - before

    return count


def test_journal_transactions(each: Each, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A trial is at most two transactions, a further report at most one."""
    writes = itertools.count()
    append = Journal.append

    def counted(self: Journal, *given: Any, **named: Any) -> None:
        next(writes)
        append(self, *given, **named)

    monkeypatch.setattr(Journal, "append", counted)

    trial, report = each(growth(writes, tmp_path))
    assert trial <= 2
    assert report <= 1


def test_statements(each: Each, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A short turn is one statement, a transaction by itself; requests are looked for by the clock.

    That is ten times a second, however many trials there are.
    """
    statements = itertools.count()
    connect = log._connect

    def traced(file: Path) -> sqlite3.Connection:
        connection = connect(file)
        connection.set_trace_callback(lambda _: next(statements))
        return connection

    monkeypatch.setattr(log, "_connect", traced)

    trial, report = each(growth(statements, tmp_path))
    assert trial <= 3
    assert report <= 2


def test_encodings(each: Each, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each event is encoded once, and the commands that answer it once."""
    encoded: list[str] = []
    for name in ("encode_event", "encode_decisions"):
        real = getattr(log, name)

        def counted(*given: Any, name: str = name, real: Callable[..., Any] = real) -> Any:
            encoded.append(name)
            return real(*given)

        monkeypatch.setattr(log, name, counted)

    def count(**sizes: int) -> float:
        encoded.clear()
        path = run(tmp_path, **sizes).path
        assert encoded.count("encode_event") == events(path)
        return len(encoded)

    trial, report = each(count)
    assert trial <= 9
    assert report <= 1


def events(run: Path) -> int:
    """Return how many events the journal holds."""
    with contextlib.closing(sqlite3.connect(run / "experiment.sqlite")) as journal:
        return int(journal.execute("SELECT count(*) FROM events").fetchone()[0])


def test_bytes(each: Each, tmp_path: Path) -> None:
    """What the journal keeps is a few hundred bytes of JSON a trial, and a report's metrics."""

    def count(**sizes: int) -> float:
        results = run(tmp_path, **sizes)
        with contextlib.closing(sqlite3.connect(results.path / "experiment.sqlite")) as journal:
            sums = "SELECT sum(length(body)), sum(length(decisions)) FROM events"
            return float(sum(journal.execute(sums).fetchone()))

    trial, report = each(count)
    assert trial <= 470
    assert report <= 230


def test_files(each: Each, tmp_path: Path) -> None:
    """A trial that saves nothing leaves no file and no folder."""

    def count(**sizes: int) -> float:
        return len(list(run(tmp_path, **sizes).path.rglob("*")))

    assert each(count) == (0, 0)


def test_calls(each: Each, tmp_path: Path) -> None:
    """A trial is some hundred calls of Python functions, a report some dozens."""

    def count(**sizes: int) -> float:
        calls = itertools.count()

        def profiler(frame: Any, event: str, arg: Any) -> None:
            if event == "call":
                next(calls)

        before = sys.getprofile()
        sys.setprofile(profiler)
        try:
            run(tmp_path, **sizes)
        finally:
            sys.setprofile(before)
        return next(calls)

    trial, report = each(count)
    assert trial <= 360
    assert report <= 100


class Blocks:
    """A callback that counts the interpreter's allocated blocks at the n-th call of a hook."""

    def __init__(self, hook: str) -> None:
        self.calls, self.found = 0, list[int]()
        setattr(self, hook, self.note)

    def note(self, *told: Any) -> None:
        self.calls += 1
        if self.calls in (FEW, MANY):
            gc.collect()
            self.found.append(sys.getallocatedblocks())

    @property
    def each(self) -> float:
        return (self.found[1] - self.found[0]) / (MANY - FEW)


def test_memory(tmp_path: Path) -> None:
    """A finished trial leaves some fifteen blocks of memory behind, a report two or three."""
    run(tmp_path, trials=MANY, callbacks=[Blocks("on_trial_end")])
    trials, reports = Blocks("on_trial_end"), Blocks("on_result")
    run(tmp_path, trials=MANY, callbacks=[trials])
    run(tmp_path, reports=MANY, callbacks=[reports])
    assert trials.each <= 23
    assert reports.each <= 4


def test_garbage_collection() -> None:
    """A trial that is over holds no container that the garbage collector looks through."""
    trial = Trial("0001", config={"x": [1.0]}, retries=Counter("a"))
    trial.forget()
    held = [value for value in msgspec.structs.astuple(trial) if isinstance(value, Iterable)]
    assert not any(map(gc.is_tracked, [trial, *held]))
