"""Prints a line at the first result of an experiment on the executor it is given."""

import sys
import tempfile

import tunesmith as tune

SEARCHERS = {"inline": "random", "ray": "optuna"}


def train(config):
    """Report once."""
    return config["x"]


class First:
    """Prints a line when it hears of a result."""

    def on_result(self, trial, result):
        """Print it."""
        if trial.id == "0001":
            print(flush=True)


def main(executor):
    """Run two trials."""
    with tempfile.TemporaryDirectory() as folder:
        tune.run(
            train,
            {"x": tune.uniform(0, 1)},
            metric="loss",
            mode="min",
            searcher=SEARCHERS[executor],
            num_samples=1,
            executor=executor,
            storage=folder,
            callbacks=[First()],
            verbose=0,
        )


if __name__ == "__main__":
    main(sys.argv[1])
