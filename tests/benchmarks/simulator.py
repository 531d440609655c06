"""How fast an experiment is on the simulated executor, and how fast the engine in it.

    python tests/benchmarks/simulator.py [--trials 100000] [--workers 500] [--profile]

Prints two figures. End to end: the real seconds of the whole experiment, with searcher, scheduler,
training code, journal and the reading of results; the bound is 60 s for 100,000 trials on 500
workers under ASHA. Engine alone: how many of that experiment's events a fresh engine with a fresh
scheduler takes in per second, decisions included; the bound is 50,000. Both on quiet cores: beside
them stand the load and the processor's own seconds.
"""

import argparse
import contextlib
import cProfile
import os
import pstats
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import tunesmith as tune
from tunesmith._journal.log import Journal
from tunesmith._run.assembly import reassembled
from tunesmith._run.record import experiment_of
from tunesmith.plugins import default_registry

LONGEST_S = 60.0
LEAST_RATE = 50_000.0


def learn(config: dict[str, Any]) -> Iterator[dict[str, float]]:
    """Report a curve that levels off where `config` says, at a pace of its own."""
    level, pace = config["level"], config["pace"]
    for epoch in range(1, 82):
        yield {"loss": level + 1.0 / epoch, "elapsed_s": epoch * pace}


class Watch:
    """Counts real seconds, and those of the processor."""

    def __init__(self) -> None:
        self._began = time.perf_counter(), time.process_time()

    def read(self) -> tuple[float, float]:
        """Return the seconds since it was made."""
        return time.perf_counter() - self._began[0], time.process_time() - self._began[1]


def run(trials: int, workers: int, scheduler: Any, folder: str) -> tuple[Path, float, float]:
    """Run the experiment; return its folder, and what it took, as `Watch` counts."""
    watch = Watch()
    results = tune.run(
        learn,
        {"level": tune.uniform(0, 1), "pace": tune.loguniform(0.5, 2)},
        metric="loss",
        mode="min",
        scheduler=scheduler,
        num_samples=trials,
        executor={"name": "simulated", "workers": workers},
        storage=folder,
        seed=7,
        verbose=0,
    )
    return results.path, *watch.read()


def count(path: Path) -> tuple[int, int, float]:
    """Return how many events the journal holds, how many reports are in them, and the last time."""
    with contextlib.closing(sqlite3.connect(path / "experiment.sqlite")) as journal:
        events, end = journal.execute("SELECT count(*), max(at) FROM events").fetchone()
        (reports,) = journal.execute(
            "SELECT sum(json_array_length(body, '$.reports')) FROM events WHERE kind = 'Reported'"
        ).fetchone()
    return events, reports, end


def engine_rates(path: Path) -> tuple[float, float]:
    """Return how many events per second a fresh engine takes in: real seconds, the processor's."""
    with Journal.open(path) as journal:
        experiment = experiment_of(journal.header, path, {"trainable": learn})
        events = (event for _, event in journal.events())
        handled, took, busy = 0, 0.0, 0.0
        with reassembled(experiment, journal, default_registry()) as parts:
            handle = parts.engine.handle
            # In portions, for a driver holds no history of events in memory.
            while portion := list(islice(events, 10_000)):
                watch = Watch()
                for event in portion:
                    handle(event)
                seconds, busy_seconds = watch.read()
                handled, took, busy = handled + len(portion), took + seconds, busy + busy_seconds
    return handled / took, handled / busy


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=500)
    parser.add_argument("--scheduler", default="asha")
    parser.add_argument("--profile", action="store_true")
    chosen = parser.parse_args()
    scheduler: Any = chosen.scheduler
    if scheduler == "asha":
        scheduler = {"name": "asha", "max_resource": 81, "reduction_factor": 4}
    profile = cProfile.Profile(time.process_time)
    with tempfile.TemporaryDirectory() as folder:
        with profile if chosen.profile else contextlib.nullcontext():
            path, took, busy = run(chosen.trials, chosen.workers, scheduler, folder)
        events, reports, simulated = count(path)
        rate, busy_rate = engine_rates(path)
    print(
        f"{chosen.trials:,} trials on {chosen.workers} workers under {chosen.scheduler}, "
        f"{simulated:,.0f} simulated s; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n"
        f"end to end: {took:.1f} s, {busy:.1f} s of the processor's "
        f"(bound for 100,000 trials on 500 workers: {LONGEST_S:.0f} s); per real second "
        f"{chosen.trials / took:,.0f} trials, {events / took:,.0f} events, "
        f"{reports / took:,.0f} reports\n"
        f"engine alone: {rate:,.0f} events/s, {busy_rate:,.0f} per second of the processor's "
        f"(bound: {LEAST_RATE:,.0f} events/s)"
    )
    if chosen.profile:
        pstats.Stats(profile).sort_stats("tottime").print_stats(40)


if __name__ == "__main__":
    main()
