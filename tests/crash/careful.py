"""A run that comes to an end, however often it is killed: a program, and its training code.

    python careful.py STORAGE EXECUTOR SCHEDULER SAMPLES [ADDRESS]

starts it, or goes on with it, and prints every result that its callback was shown.
"""

import contextlib
import hashlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import tunesmith as tune

EPOCHS = 9
EVERY = 2
SELDOM = 8
SCHEDULERS = {
    "fifo": "fifo",
    "seldom": "fifo",
    "stopping": {"name": "asha", "max_resource": EPOCHS},
    "promotion": {"name": "asha", "max_resource": EPOCHS, "mode": "promotion"},
}
CONSTANTS = {"pace_s": 0.01, "chunk_s": 0.012, "chunks": 5}


class Note(NamedTuple):
    """A line of a worker's diary: what an attempt did, in the order in which it did it."""

    trial: str
    attempt: int
    word: str
    epoch: int


class Careful:
    """Trains slowly, saves even more slowly, loads nothing torn, and writes a diary of it."""

    def setup(self, config):
        self.config, self.epoch, self.total = config, 0, 0.0
        self.has_begun = False
        self.diary = Path(config["diary"], f"{os.getpid()}.txt")

    def note(self, word):
        """Write down what begins now, in one piece."""
        here = tune.get_context()
        line = f"{here.trial_id} {here.attempt} {word} {self.epoch}\n"
        with self.diary.open("ab", buffering=0) as file:
            file.write(line.encode())

    def step(self):
        if not self.has_begun:
            self.has_begun = True
            self.note("begins")
        time.sleep(self.config["pace_s"])
        self.epoch += 1
        self.total = self.total / 2 + self.config["x"]
        return {"loss": self.total, "training_iteration": self.epoch}

    def save_checkpoint(self, directory):
        self.note("saves")
        state = {"epoch": self.epoch, "total": self.total, "padding": "0" * 50_000}
        data = seal(json.dumps(state).encode())
        chunks = self.config["chunks"]
        with Path(directory, "state").open("wb", buffering=0) as file:
            for number in range(chunks):
                file.write(data[number * len(data) // chunks : (number + 1) * len(data) // chunks])
                time.sleep(self.config["chunk_s"])
        self.note("saved")

    def load_checkpoint(self, directory):
        state = json.loads(unseal(Path(directory, "state").read_bytes()))
        self.epoch, self.total = state["epoch"], state["total"]


def seal(data):
    """Return data that shows whether it is whole."""
    return hashlib.sha256(data).digest() + data


def unseal(data):
    """Return what was sealed; raise where it is not whole."""
    if hashlib.sha256(data[32:]).digest() != data[:32]:
        raise ValueError("a torn checkpoint was loaded")
    return data[32:]


def losses(x: float, count: int) -> list[float]:
    """Return the first losses of a trial that nobody disturbs."""
    found, total = [], 0.0
    for _ in range(count):
        total = total / 2 + x
        found.append(total)
    return found


def notes(diary: Path) -> dict[int, list[Note]]:
    """Return the diary of each process."""
    found = {}
    for file in diary.iterdir():
        rows = [line.split() for line in file.read_text().splitlines()]
        found[int(file.stem)] = [Note(t, int(a), word, int(e)) for t, a, word, e in rows]
    return found


class Printer:
    """Shows each result on standard output, at once."""

    def on_result(self, trial: Any, result: Any) -> None:
        print(trial.id, int(result.resource), repr(result.metrics["loss"]), flush=True)


def begin(storage: Path, executor: Any, scheduler: str, samples: int, **options: Any) -> Any:
    """Run it to its end; say what came of it."""
    diary = storage / "diary"
    diary.mkdir(exist_ok=True)
    return tune.run(
        "crash.careful:Careful",
        {"x": tune.uniform(0, 1), "diary": str(diary), **CONSTANTS},
        metric="loss",
        mode="min",
        scheduler=SCHEDULERS[scheduler],
        executor=executor,
        num_samples=samples,
        stop={"training_iteration": EPOCHS},
        checkpoint=tune.CheckpointConfig(every=SELDOM if scheduler == "seldom" else EVERY),
        failure=tune.FailureConfig(max_retries={"worker_lost": 1000}),
        seed=3,
        storage=storage,
        name="victim",
        verbose=0,
        **options,
    )


def main(storage: str, executor: str, scheduler: str, samples: str, address: str = "") -> None:
    """Start or go on until killed, or to the end; print how it ended."""
    place = Path(storage)
    where: Any = {"name": executor, "address": address} if address else executor
    options: dict[str, Any] = {"callbacks": [Printer()]}
    if (place / "victim" / "experiment.sqlite").exists():
        results = tune.resume(place / "victim", executor=where, verbose=0, **options)
    else:
        results = begin(place, where, scheduler, int(samples), **options)
    print("ended", results.state, len(results), flush=True)


if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[1])
    with contextlib.suppress(KeyboardInterrupt):
        main(*sys.argv[1:])
