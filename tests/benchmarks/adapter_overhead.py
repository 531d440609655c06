"""What each adapter costs beside its library's own ask and tell, on the same history.

    python tests/benchmarks/adapter_overhead.py [NAME ...] [--trials 500] [--repeats 5]

The library's side is `tests/native.py` of the adapter: what a user of the library would write, with
the algorithm, options and seed that the adapter gives it. Both sides take turns at every trial in
one process, on one thread, and the median of the repeats counts. Where a step takes long, both
first learn the same random trials, and only the last few of a history are measured.

Adds its rows to docs/reference/adapter-overheads.json, from which `make docs` makes a table. An
adapter in an environment of its own is measured by that one's interpreter.
"""

import argparse
import gc
import importlib.util
import json
import os
import random
import statistics
import time
import warnings
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

# Before any library is imported, or it is too late; both sides are held to one thread alike.
for one in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{one}_NUM_THREADS"] = "1"

import tunesmith.space as ts
from tunesmith.plugins import Choice, SearcherSpec, default_registry, resolve
from tunesmith.protocols import Config, Objective, Observation, Problem

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "reference" / "adapter-overheads.json"
BOUND = 1.1
SPACE = {
    "lr": ts.loguniform(1e-5, 1e-1),
    "momentum": ts.uniform(0, 1),
    "dropout": ts.uniform(0, 0.8),
    "layers": ts.randint(1, 9),
    "width": ts.lograndint(16, 1025),
    "act": ts.choice(["relu", "tanh", "gelu"]),
}


class Row(NamedTuple):
    """What was measured: how long the history is, milliseconds for each side, and their ratio."""

    library: str
    trials: int
    native: float
    adapted: float
    ratio: float
    same: float


def loss(config: Config) -> float:
    """Return something smooth that every parameter matters to, with its optimum inside."""
    numbers = (value for value in config.values() if not isinstance(value, str))
    return sum((float(x) / 4 - 0.2) ** 2 for x in numbers) + (config.get("act") == "relu")


class Adapted:
    """The searcher, in the words of a native loop."""

    def __init__(self, choice: Choice[SearcherSpec], problem: Problem) -> None:
        self.searcher, self.trial = choice.create(problem), 0

    def learn(self, config: Config, value: float) -> None:
        self.searcher.observe(self.told(config, value))

    def ask(self) -> Config:
        self.trial += 1
        config: Config = self.searcher.suggest(f"{self.trial:05}")
        return config

    def told(self, config: Config, value: float) -> Observation:
        return Observation(f"{self.trial:05}", config, (value,), 1.0, "completed")


def measure(name: str, native: Any, trials: int, seed: int) -> tuple[float, float, int]:
    """Return the processor seconds of the native side and ours, and how many suggestions agree."""
    choice = resolve("searcher", name)
    shown = {path: SPACE[path] for path in getattr(native, "paths", SPACE)}
    space = ts.translate(ts.parse_space(shown), choice.spec.capabilities.vocabulary).space
    problem = Problem(
        space,
        (Objective("loss", "min"),),
        lambda stream: random.Random(f"{seed}-{stream}"),
        num_samples=trials,
    )
    sides = native(problem), Adapted(choice, problem)
    chance, spent, same = random.Random(seed), [0.0, 0.0], 0
    for number in range(trials):
