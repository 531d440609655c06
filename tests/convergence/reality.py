"""How well simulated time agrees with real time: trials that sleep, on Ray and on the simulator.

    python tests/convergence/reality.py [--rounds 5] [--trials 60] [--slots 4]

The real run comes first. The simulator is given what was measured: how long each epoch took, and
what a start and a stop cost on average, as `start_delay_s` and `stop_delay_s`. Prints both
makespans, their ratio, which is to be within 5 %, and how many trials ended at the same epoch. The
order in which trials report is not the same to the millisecond, so that a scheduler may decide
otherwise on some; tests/integration/test_decisions.py holds that from the same order follow the
same decisions.

Left out is the start of Ray and its workers: the first trials only wait for one another, and the
clock begins when they all are up. Slots need no CPU of their own, for trials only sleep.
"""

import argparse
import contextlib
import logging
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import ray

import tunesmith as tune

EPOCHS = 9
BOUND = 0.05

SCHEDULERS: dict[str, tuple[Any, float]] = {
    "fifo": ("fifo", 0.5),
    "asha": ({"name": "asha", "max_resource": EPOCHS}, 1.0),
}
"""Each with the seconds that an epoch takes at most."""

Config = dict[str, Any]
Row = dict[str, float]


class Course(msgspec.Struct, frozen=True):
    """What came of a run: makespan and mean delays in seconds, when each trial's epochs ended."""

    makespan_s: float
    start_s: float
    stop_s: float
    epochs: dict[str, list[float]]


def sleeping(config: Config, slots: int, place: str) -> Iterator[Row]:
    """Take the time that `config` says for each epoch; the first trials wait for one another."""
    trial = tune.get_context().trial_id
    if int(trial) <= slots:
        Path(place, trial).touch()
        while len(list(Path(place).iterdir())) < slots:
            time.sleep(0.01)
        yield {"loss": 2.0}
        return
    for epoch in range(1, EPOCHS + 1):
        time.sleep(config["pace"])
        yield {"loss": config["level"] + 1 / epoch}


def recorded(config: Config, slots: int, epochs: dict[str, list[float]]) -> Iterator[Row]:
    """Report the same, and the time that it took; what never ran takes as long as it should."""
    trial = tune.get_context().trial_id
    if int(trial) <= slots:
        yield {"loss": 2.0, "elapsed_s": 0.0}
        return
    ends = list(epochs[trial])
    while len(ends) < EPOCHS:
        ends.append((ends[-1] if ends else 0.0) + config["pace"])
    for epoch, end in enumerate(ends, 1):
        yield {"loss": config["level"] + 1 / epoch, "elapsed_s": end}


def run(name: str, trainable: Any, executor: Config, chosen: Any) -> Course:
    """Run the experiment under a scheduler on an executor."""
    scheduler, longest = SCHEDULERS[name]
    with tempfile.TemporaryDirectory(prefix="tunesmith-reality-") as folder:
        results = tune.run(
            trainable,
            {"level": tune.uniform(0, 1), "pace": tune.uniform(0.05 * longest, longest)},
            metric="loss",
            mode="min",
            scheduler=scheduler,
            num_samples=chosen.slots + chosen.trials,
            max_concurrent=chosen.slots,
            executor=executor,
            storage=folder,
            seed=chosen.seed,
            verbose=0,
        )
        real = results[chosen.slots :]
        epochs = {trial.id: [row["time_total_s"] for row in trial.history] for trial in real}
        with contextlib.closing(sqlite3.connect(results.path / "experiment.sqlite")) as journal:
            return course(journal, epochs)


def course(journal: sqlite3.Connection, epochs: dict[str, list[float]]) -> Course:
    """Read makespan and delays off a journal: from each decision to what came of it."""
    of_action = "SELECT trial, at FROM decisions WHERE action = ?"
    of_kind = "SELECT trial, at FROM events WHERE kind = ?"
    launched, stopped, started, ended = (
        {trial: at for trial, at in journal.execute(text, (what,)) if trial in epochs}
        for text, what in (
            (of_action, "Launch"),
            (of_action, "Stop"),
            (of_kind, "TrialStarted"),
            (of_kind, "TrialEnded"),
        )
    )
    starts = [started[trial] - at for trial, at in launched.items()]
    stops = [ended[trial] - at for trial, at in stopped.items()] or [0.0]
    return Course(
        max(ended.values()) - min(launched.values()),
        max(0.0, statistics.fmean(starts)),
        max(0.0, statistics.fmean(stops)),
        epochs,
    )


def compare(name: str, chosen: Any) -> float:
    """Run under one scheduler both ways, print, and return the ratio of the makespans."""
    busy = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="tunesmith-reality-") as place:
        trainable = tune.with_parameters(sleeping, slots=chosen.slots, place=place)
        real = run(name, trainable, {"name": "ray", "prefetch": 1}, chosen)
    simulator = {
        "name": "simulated",
        "workers": chosen.slots,
        "start_delay_s": real.start_s,
        "stop_delay_s": real.stop_s,
    }
    trainable = tune.with_parameters(recorded, slots=chosen.slots, epochs=real.epochs)
    simulated = run(name, trainable, simulator, chosen)
    ratio = simulated.makespan_s / real.makespan_s
    same = sum(len(ends) == len(simulated.epochs[trial]) for trial, ends in real.epochs.items())
    print(
        f"{name:6}  real {real.makespan_s:6.2f} s  simulated {simulated.makespan_s:6.2f} s  "
        f"ratio {ratio:.3f}  same epoch {same}/{chosen.trials}  "
        f"delays {1e3 * real.start_s:.0f} + {1e3 * real.stop_s:.0f} ms  load {busy:.1f}",
        flush=True,
    )
    return ratio


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--slots", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    ray.init(
        num_cpus=chosen.slots,
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
    )
    worst = 0.0
    for _ in range(chosen.rounds):
        for name in SCHEDULERS:
            worst = max(worst, abs(compare(name, chosen) - 1))
        chosen.seed += 1
    ray.shutdown()
    print(f"farthest apart: {worst:.1%} (bound {BOUND:.0%})")
    sys.exit(worst > BOUND)


if __name__ == "__main__":
    main()
