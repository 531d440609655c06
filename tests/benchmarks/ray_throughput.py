"""How fast the Ray executor alone is, against Ray's own loop of one actor call per trial.

    python tests/benchmarks/ray_throughput.py [--rounds 3] [--trials 4000] [--reports 100000]

Prints the loop's rate and two ratios, each the median of rounds in which both sides take turns.
"""

import argparse
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

import ray

from tunesmith._executors.settings import WorkerSettings
from tunesmith._executors.worker import Workers
from tunesmith._trainable.form import wrap
from tunesmith.protocols import ExecutorContext, Resources
from tunesmith.protocols.commands import Launch
from tunesmith.protocols.events import CapacityChanged, Reported, TrialEnded
from tunesmith_ray.executor import RayExecutor

WORKERS = 2
INFINITE = float("inf")


@ray.remote(num_cpus=0)
class Bare:
    """What a plain Ray program would write."""

    def train(self, config: dict[str, Any]) -> dict[str, float]:
        """Train in no time."""
        return {"loss": config["x"]}


def trivial(config: dict[str, Any]) -> float:
    """Report once."""
    return float(config["x"])


def chatty(config: dict[str, Any]) -> Iterator[dict[str, float]]:
    """Report many times."""
    for step in range(config["reports"]):
        yield {"loss": 1.0 / (step + 1)}


def loop_rate(actors: list[Any], trials: int) -> float:
    """Return trials per second of the plain loop."""
    began = time.perf_counter()
    running = {actor.train.remote({"x": 0.5}): actor for actor in actors}
    started = done = len(running)
    done = 0
    while done < trials:
        ready, _ = ray.wait(list(running))
        for call in ready:
            ray.get(call)
            actor = running.pop(call)
            done += 1
            if started < trials:
                running[actor.train.remote({"x": 0.5})] = actor
                started += 1
    return trials / (time.perf_counter() - began)


class Bench:
    """An executor that is kept busy."""

    def __init__(self, trainable: Callable[[dict[str, Any]], Any], lot: str) -> None:
        folder = tempfile.mkdtemp(prefix="tunesmith-bench-")
        settings = WorkerSettings(
            trainable=wrap(trainable), folder=folder, objective="loss", capture=True
        )
        context = ExecutorContext(Workers(settings), folder, Resources(({lot: 1.0},)))
        self.executor = RayExecutor(context)
        self.slots = 0
        self.made = 0
        while not self.slots:
            self.poll()

    def poll(self) -> tuple[int, int]:
        """Return how many trials ended and how many reports came."""
        ended = reports = 0
        for event in self.executor.poll(None):
            if isinstance(event, CapacityChanged):
                self.slots = event.slots
            elif isinstance(event, TrialEnded):
                ended += 1
                if event.error is not None:
                    sys.exit(event.error.traceback)
            elif isinstance(event, Reported):
                reports += len(event.reports)
        return ended, reports

    def run(self, trials: int, config: dict[str, Any]) -> float:
        """Return the seconds that these trials take."""
        began = time.perf_counter()
        left = trials
        running = 0
        while left or running:
            count = min(left, self.slots - running)
            if count > 0:
                self.executor.submit([self.launch(config) for _ in range(count)])
                left -= count
                running += count
            running -= self.poll()[0]
        return time.perf_counter() - began

    def launch(self, config: dict[str, Any]) -> Launch:
        """Return the launch of a further trial."""
        self.made += 1
        return Launch(trial=f"{self.made:04}", attempt=1, config=config, until=INFINITE)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--trials", type=int, default=4000)
    parser.add_argument("--reports", type=int, default=100_000)
    chosen = parser.parse_args()
    ray.init(
        num_cpus=WORKERS,
        resources={"short": WORKERS, "long": WORKERS},  # so that both keep their warm workers
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
    )
    actors = [Bare.remote() for _ in range(WORKERS)]
    short, long = Bench(trivial, "short"), Bench(chatty, "long")
    loop_rate(actors, 200)
    short.run(400, {"x": 0.5})
    long.run(1, {"reports": 1000})
    rows = []
    for _ in range(chosen.rounds):
        loop = loop_rate(actors, chosen.trials // 4)
        trials = chosen.trials / short.run(chosen.trials, {"x": 0.5})
        reports = chosen.reports / long.run(1, {"reports": chosen.reports})
        rows.append((loop, trials, reports))
        print(f"loop {loop:,.0f}/s, trials {trials:,.0f}/s, reports {reports:,.0f}/s", flush=True)
    print(f"trivial trials: {statistics.median(t / a for a, t, _ in rows):.1f} x the loop (>= 2)")
    print(f"reports of one: {statistics.median(r / a for a, _, r in rows):.1f} x the loop (>= 20)")
    short.executor.close()
    long.executor.close()
    ray.shutdown()


if __name__ == "__main__":
    main()
