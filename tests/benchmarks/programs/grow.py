"""Runs an experiment inline and prints what one of its trials cost: grow.py FOLDER N SCHEDULER."""

import json
import resource
import sys
import time
from pathlib import Path

from marks import Marks

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


def main(folder, trials, scheduler):
    """Run, and print."""
    marks = Marks(lambda: (time.perf_counter(), resident()), 1, trials // 10, trials)
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
