"""A run to be killed: prints every result that its callback was shown.

    python driver.py STORAGE EXECUTOR [ADDRESS]

Imported, it is the training code of that run.
"""

import sys
import time

import tunesmith as tune


def train(config):
    """Report 40 times, saving every fifth report."""
    found = tune.get_checkpoint()
    first = found.to_dict()["epoch"] if found else 0
    for epoch in range(first + 1, 41):
        time.sleep(config["pause"])
        loss = config["x"] * epoch
        saved = {"epoch": epoch, "blob": b"0" * 20_000} if epoch % 5 == 0 else None
        yield tune.Report({"loss": loss}, checkpoint=saved)


class Printer:
    """Shows each result on standard output, at once."""

    def on_result(self, trial, result):
        print(trial.id, int(result.resource), repr(result.metrics["loss"]), flush=True)


def main(storage, executor, address=""):
    """Run until killed."""
    tune.run(
        train,
        {"x": tune.uniform(0, 1), "pause": 0.001},
        metric="loss",
        mode="min",
        executor={"name": executor, "address": address} if address else executor,
        num_samples=None,
        time_budget_s=300,
        callbacks=[Printer()],
        storage=storage,
        name="victim",
        verbose=0,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
