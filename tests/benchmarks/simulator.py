"""How fast an experiment is on the simulated executor, journal included.

    python tests/benchmarks/simulator.py [--trials 100000] [--workers 500] [--profile]

Prints trials, events and reports per second of real time. The bound: 100,000 trials on 500 workers
under ASHA in less than 60 s, and 50,000 events/s, on two quiet cores.
"""

import argparse
import contextlib
import cProfile
import pstats
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tunesmith as tune


def learn(config: dict[str, Any]) -> Iterator[dict[str, float]]:
    """Report a curve that levels off where `config` says, at a pace of its own."""
    level, pace = config["level"], config["pace"]
    for epoch in range(1, 82):
        yield {"loss": level + 1.0 / epoch, "elapsed_s": epoch * pace}


def run(trials: int, workers: int, scheduler: Any, folder: str) -> tuple[float, float, Path]:
    """Run the experiment; return the real seconds it took, the simulated ones, and its folder."""
    began = time.perf_counter()
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
    took = time.perf_counter() - began
    path = Path(results.path)
    with contextlib.closing(sqlite3.connect(path / "experiment.sqlite")) as journal:
        (end,) = journal.execute("SELECT max(at) FROM events").fetchone()
    return took, end, path


def count(path: Path) -> tuple[int, int]:
    """Return how many events the journal holds, and how many reports are in them."""
    with contextlib.closing(sqlite3.connect(path / "experiment.sqlite")) as journal:
        (events,) = journal.execute("SELECT count(*) FROM events").fetchone()
        (reports,) = journal.execute(
            "SELECT sum(json_array_length(body, '$.reports')) FROM events WHERE kind = 'Reported'"
        ).fetchone()
    return events, reports


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
    profile = cProfile.Profile()
    with tempfile.TemporaryDirectory() as folder:
        with profile if chosen.profile else contextlib.nullcontext():
            took, simulated, path = run(chosen.trials, chosen.workers, scheduler, folder)
        events, reports = count(path)
    print(
        f"{chosen.trials:,} trials on {chosen.workers} workers: {took:.1f} s for {simulated:,.0f} "
        f"simulated s\n{chosen.trials / took:,.0f} trials/s, {events / took:,.0f} events/s, "
        f"{reports / took:,.0f} reports/s"
    )
    if chosen.profile:
        pstats.Stats(profile).sort_stats("tottime").print_stats(40)


if __name__ == "__main__":
    main()
