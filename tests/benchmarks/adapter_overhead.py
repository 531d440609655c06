"""What each adapter costs beside its library's own ask and tell, on the same history.

    python tests/benchmarks/adapter_overhead.py [NAME ...] [--trials 500] [--repeats 5]

The library's side is `LOOPS` in the adapter's tests/native.py: what a user of the library would
write, with the algorithm, the options and the seed that the adapter gives it. Both sides take turns
at each trial in one process, on one thread; of several repeats the median counts. Where a step
takes long, both learn the same random trials first, and only the last `steps` are measured.

Where the adapter is over the bound, the least that any could cost is measured too, in the same way:
the library's own loop with a check of each configuration and a record of each trial.

Writes its rows into docs/reference/adapter-overheads.json, of which `make docs` makes a table. An
adapter that needs an environment of its own is measured by the interpreter of that.
"""

import argparse
import gc
import importlib.util
import json
import logging
import math
import os
import random
import statistics
import time
import warnings
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import tunesmith.space as ts
from tunesmith.plugins import Choice, SearcherSpec, default_registry, resolve
from tunesmith.protocols import Config, Objective, Observation, Problem

# Read when a library is first imported, which none has been yet.
for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[threads] = "1"

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


class Measured(NamedTuple):
    """Seconds for a step of the library and of what is beside it, and how often these agreed."""

    own: float
    adapter: float
    agreed: float


class Adapted:
    """The searcher, with the methods of a native loop."""

    def __init__(self, choice: Choice[SearcherSpec], problem: Problem, _: type) -> None:
        self.searcher, self.number = choice.create(problem), 0

    def learn(self, config: Config, loss: float) -> None:
        self.number += 1
        self.tell(config, loss)

    def ask(self) -> Config:
        self.number += 1
        config: Config = self.searcher.suggest(f"{self.number:04}")
        return config

    def tell(self, config: Config, loss: float) -> None:
        told = Observation(f"{self.number:04}", config, (loss,), 1.0, "completed")
        self.searcher.observe(told)


class Owed(Adapted):
    """The library's loop, with what every adapter owes the core and nothing else."""

    def __init__(self, choice: Choice[SearcherSpec], problem: Problem, native: type) -> None:
        self.searcher, self.number = self, 0
        self.native, self.space = native(problem), problem.space
        self.pending: dict[str, Config] = {}

    def suggest(self, trial_id: str) -> Config:
        self.pending[trial_id] = config = self.space.validate(self.native.ask())
        return config.copy()

    def observe(self, observation: Observation) -> None:
        if self.pending.pop(observation.trial_id) == observation.config:
            self.native.tell(observation.config, observation.values[0])


def loss_of(config: Config, space: ts.Space) -> float:
    """Return something smooth that every parameter matters to."""
    return sum((ts.to_unit(p, config[p.path]) - 0.3) ** 2 for p in space.tunable)


def run(
    name: str, native: type, trials: int, *, seed: int, first: int, beside: type = Adapted
) -> Measured:
    """Return the processor seconds of a step of each side, and the share of equal suggestions.

    The library is side 0, what is `beside` it side 1; which is `first` changes from step to step.
    """
    options = getattr(native, "options", {})
    choice = resolve("searcher", {"name": name, **options})
    shown = {path: SPACE[path] for path in getattr(native, "paths", SPACE)}
    space = ts.translate(ts.parse_space(shown), choice.spec.capabilities.vocabulary).space
    problem = Problem(
        space,
        (Objective("loss", "min"),),
        lambda stream: random.Random(f"{seed}-{stream}"),
        num_samples=trials,
    )
    sides, chance = (native(problem), beside(choice, problem, native)), random.Random(seed)
    steps = min(trials, getattr(native, "steps", trials))
    for _ in range(trials - steps):
        config = space.draw(chance)
        for side in sides:
            side.learn(dict(config), loss_of(config, space))
    gc.collect()
    gc.freeze()  # a collection would look through all that was imported, at one side's expense
    spent, agreed = [0.0, 0.0], 0
    for number in range(steps):
        configs: list[Config] = [{}, {}]
        for which in (0, 1) if (number + first) % 2 == 0 else (1, 0):
            began = time.process_time()
            configs[which] = sides[which].ask()
            asked, loss = time.process_time(), loss_of(configs[which], space)
            told = time.process_time()
            sides[which].tell(configs[which], loss)
            spent[which] += time.process_time() - told + asked - began
        agreed += close(*configs)
    return Measured(*(seconds / steps for seconds in spent), agreed / steps)


def repeat(name: str, native: type, trials: int, *, seed: int, beside: type) -> Measured:
    """Return the mean of two runs, once with each side first, which costs it some memory."""
    runs = [run(name, native, trials, seed=seed, first=first, beside=beside) for first in (0, 1)]
    return Measured(*map(statistics.mean, zip(*runs, strict=True)))


def ratio(found: list[Measured]) -> float:
    """Return how much longer a step takes beside the library, in the median of repeats."""
    return statistics.median(one.adapter / one.own for one in found)


def close(one: Config, other: Config) -> bool:
    """Tell whether two configurations are the same but for rounding."""
    return all(
        value == other[path] or (isinstance(value, float) and math.isclose(value, other[path]))
        for path, value in one.items()
    )


def loops(names: list[str]) -> Iterator[tuple[str, str, str, type]]:
    """Yield (row, searcher, library, native loop) of all that are installed, or of those named."""
    for one in default_registry().installed("searcher"):
        path = ROOT / "adapters" / one.source.name / "tests" / "native.py"
        if (names and one.spec.name not in names) or not path.is_file():
            continue
        spec = importlib.util.spec_from_file_location(f"native_{one.source.name}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for row, native in module.LOOPS.items():
            if row.split(",")[0] == one.spec.name:
                yield row, one.spec.name, one.spec.wraps, native


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--trials", type=int, default=500)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    rows = json.loads(TABLE.read_text()) if TABLE.exists() else {}
    print(f"milliseconds for one suggestion and observation; bound of the ratio: {BOUND}")
    print(f"{'adapter':24}{'library':30}{'trials':>7}{'steps':>6}{'library':>10}", end="")
    print(f"{'adapter':>10}{'ratio':>7}{'agreed':>8}")
    for row, name, library, native in loops(options.names):
        trials = min(options.trials, getattr(native, "trials", options.trials))
        run(name, native, min(trials, 12), seed=99, first=0)  # imports and caches
        repeats = range(min(options.repeats, getattr(native, "repeats", options.repeats)))
        found = [repeat(name, native, trials, seed=seed, beside=Adapted) for seed in repeats]
        own, ours, agreed = (statistics.median(column) for column in zip(*found, strict=True))
        steps = getattr(native, "steps", trials)
        rows[row] = {
            "library": f"{library} {version(library)}",
            "trials": trials,
            "steps": steps,
            "own_ms": round(1000 * own, 3),
            "adapter_ms": round(1000 * ours, 3),
            "ratio": round(ratio(found), 2),
        }
        if rows[row]["ratio"] > BOUND:
            least = [repeat(name, native, trials, seed=seed, beside=Owed) for seed in repeats]
            rows[row]["floor"] = round(ratio(least), 2)
        print(f"{row:24}{rows[row]['library']:30}{trials:>7}{steps:>6}{1000 * own:>10.3f}", end="")
        print(f"{1000 * ours:>10.3f}{rows[row]['ratio']:>7.2f}{agreed:>8.0%}", flush=True)
        text = json.dumps(dict(sorted(rows.items())), indent=1)
        TABLE.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
