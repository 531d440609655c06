"""A run of many tiny trials whose workers may die: a program, and its training code.

    python tiny.py STORAGE ADDRESS SAMPLES

runs it to its end, and prints every result that its callback was shown.
"""

import sys
import time
from pathlib import Path

import tunesmith as tune


def train(config):
    """Report once."""
    time.sleep(config["pause"])
    return {"loss": config["x"] ** 2}


class Printer:
    """Shows each result on standard output, at once."""

    def on_result(self, trial, result):
        print(trial.id, int(result.resource), repr(result.metrics["loss"]), flush=True)


def main(storage, address, samples):
    """Run to the end; print how it ended."""
    results = tune.run(
        "crash.tiny:train",
        {"x": tune.uniform(0, 1), "pause": 0.02},
        metric="loss",
        mode="min",
        executor={"name": "ray", "address": address},
        num_samples=int(samples),
        failure=tune.FailureConfig(max_retries={"worker_lost": 1000}),
        callbacks=[Printer()],
        storage=storage,
        name="victim",
        verbose=0,
    )
    print("ended", results.state, len(results), flush=True)


if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[1])
    main(*sys.argv[1:])
