"""Counts what large values cost, and prints it: heavy.py FOLDER KIND BYTES."""

import json
import os
import sys
from pathlib import Path

import tunesmith as tune

IO = Path("/proc/self/io")
TRIALS = 20


def written():
    """Return how many bytes this process has handed to files and pipes so far."""
    fields = dict(line.split(": ") for line in IO.read_text().splitlines())
    return int(fields["wchar"])


class Savings:
    """What training code saved: `count` directories of `size` bytes each."""

    def __init__(self, size):
        self.size, self.count, self.loads = size, 0, 0
        self.block = os.urandom(1_000_000)

    def save(self):
        """Write a directory where checkpoints belong and return its path."""
        self.count += 1
        folder = tune.get_context().scratch()
        with open(folder / "weights", "wb") as file:
            file.writelines([self.block] * (self.size // len(self.block)))
        return folder


def checkpoint(folder, size):
    """Return the bytes written while a trial saves once, over the size of what it saves."""
    savings = Savings(size)

    def train(config):
        yield tune.Report({"loss": config["x"]}, checkpoint=savings.save())

    before = written()
    run(train, folder, num_samples=1, executor="inline")
    return (written() - before) / size


def fork(folder, size):
    """Return the bytes written for a clone, beyond those of every save, over the size."""
    savings = Savings(size)

    def train(config):
        saved = tune.get_checkpoint()
        begun = saved.metadata()["iteration"] if saved else 0
        for step in range(begun, 4):
            wanted = savings.save() if tune.should_checkpoint() else None
            yield tune.Report({"loss": config["x"] - step}, checkpoint=wanted)

    before = written()
    pbt = {"name": "pbt", "interval": 1, "quantile": 0.5}
    results = run(train, folder, num_samples=2, executor="inline", scheduler=pbt)
    forks = sum(len(trial.lineage) - 1 for trial in results)
    beyond = written() - before - savings.count * size
    if not forks:
        raise SystemExit("no member was cloned")
    return beyond / forks / size


class Counted:
    """Something large that notes in a file that it was pickled."""

    def __init__(self, size, log):
        self.data, self.log = bytes(size), log

    def __getstate__(self):
        with open(self.log, "a") as file:
            file.write("pickled\n")
        return self.__dict__


def captured(folder, size):
    """Return how often what the training code captures is pickled."""
    log = Path(folder, "pickles")
    big = Counted(size, str(log))

    def train(config):
        return config["x"] + len(big.data)

    run(train, folder, num_samples=TRIALS, executor="ray")
    return len(log.read_text().splitlines())


def shared(folder, size):
    """Return how often what is bound with `with_parameters` is pickled."""
    log = Path(folder, "pickles")

    def train(config, big):
        return config["x"] + len(big.data)

    trainable = tune.with_parameters(train, big=Counted(size, str(log)))
    run(trainable, folder, num_samples=TRIALS, executor="ray")
    return len(log.read_text().splitlines())


def run(train, folder, **options):
    """Run an experiment of small numbers."""
    fixed = {"metric": "loss", "mode": "min", "storage": folder, "verbose": 0, "seed": 1}
    return tune.run(train, {"x": tune.uniform(0, 1)}, **fixed, **options)


KINDS = {"checkpoint": checkpoint, "fork": fork, "captured": captured, "shared": shared}

if __name__ == "__main__":
    print(json.dumps({"count": KINDS[sys.argv[2]](sys.argv[1], int(sys.argv[3]))}))
