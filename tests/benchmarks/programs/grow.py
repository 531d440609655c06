"""Runs an experiment inline and prints what one of its trials cost: grow.py FOLDER N SCHEDULER."""

import json
import resource
import sys
import time
from pathlib import Path

import tunesmith as tune

STATM = Path("/proc/self/statm")
SCHEDULERS = {"fifo": "fifo", "asha": {"name": "asha", "max_resource": 9, "grace_period": 1}}


def resident():
    """Return the bytes of resident memory; where the system does not tell, the most there were."""
    if STATM.exists():
        return int(STATM.read_text().split()[1]) * resource.getpagesize()
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def trivial(config):
    """Report once."""
    return config["x"]


def curve(config):
    """Report nine times."""
    for step in range(9):
        yield {"loss": config["x"] / (step + 1)}


class Marks:
    """Notes time and memory when the n-th trial has ended."""

    def __init__(self, *numbers):
        self.ended, self.numbers, self.found = 0, numbers, []

    def on_trial_end(self, trial):
        """Count it."""
        self.ended += 1
        if self.ended in self.numbers:
            self.found.append((time.perf_counter(), resident()))


def main(folder, trials, scheduler):
    """Run, and print."""
    marks = Marks(1, trials // 10, trials)
    results = tune.run(
        trivial if scheduler == "fifo" else curve,
        {"x": tune.uniform(0, 1)},
        metric="loss",
        mode="min",
        scheduler=SCHEDULERS[scheduler],
        num_samples=trials,
        executor="inline",
        storage=folder,
        seed=1,
        callbacks=[marks],
        verbose=0,
    )
    (began, _), (_, before), (ended, after) = marks.found
    size = sum(file.stat().st_size for file in results.path.rglob("*") if file.is_file())
    found = {
        "ms": 1000 * (ended - began) / (trials - 1),
        "memory": (after - before) / (trials - trials // 10) / 1024,
        "disk": size / trials / 1024,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
