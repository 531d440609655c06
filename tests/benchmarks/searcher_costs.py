"""What one suggestion costs each installed searcher, after 10, 100 and 1,000 observations.

    python tests/benchmarks/searcher_costs.py [NAME ...] [--limit 30]

Each searcher learns of random configurations first, then suggests and observes a few times; the
mean of these is printed, in milliseconds of processor time. A searcher is not taken further once a
step took longer than `--limit` seconds. Writes docs/reference/searcher-costs.json, from which
`make docs` makes the table in docs/reference/searchers.md.
"""

import argparse
import json
import random
import time
from pathlib import Path

import tunesmith.space as ts
from tunesmith.plugins import Choice, SearcherSpec, default_registry, resolve
from tunesmith.protocols import Config, Objective, Observation, Problem, SearchExhausted

COUNTS = (10, 100, 1000)
STEPS = 5
SPACE = {
    "lr": ts.loguniform(1e-5, 1e-1),
    "momentum": ts.uniform(0, 1),
    "dropout": ts.uniform(0, 0.8),
    "layers": ts.randint(1, 9),
    "act": ts.choice(["relu", "tanh", "gelu"]),
}
GRID = {name: ts.ordinal([i / 4 for i in range(5)]) for name in SPACE}
TABLE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "searcher-costs.json"


def loss(config: Config) -> float:
    """Return something smooth that every number matters to."""
    return sum((float(x) - 0.3) ** 2 for x in config.values() if isinstance(x, int | float))


def measure(choice: Choice[SearcherSpec], count: int) -> float:
    """Return the processor seconds of one suggestion and observation after `count` observations."""
    definition = GRID if choice.spec.name == "grid" else SPACE
    space = ts.translate(ts.parse_space(definition), choice.spec.capabilities.vocabulary).space
    problem = Problem(space, (Objective("loss", "min"),), lambda name: random.Random(f"1-{name}"))
    searcher, chance = choice.create(problem), random.Random(2)
    for number in range(count):
        config = space.draw(chance)
        searcher.observe(Observation(f"{number + 1:05}", config, (loss(config),), 1.0, "completed"))
    began = time.process_time()
    for number in range(count, count + STEPS):
        trial = f"{number + 1:05}"
        try:
            config = searcher.suggest(trial)
        except SearchExhausted:
            break
        if config is not None:
            searcher.observe(Observation(trial, config, (loss(config),), 1.0, "completed"))
    return (time.process_time() - began) / STEPS


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--limit", type=float, default=30.0)
    options = parser.parse_args()
    costs = json.loads(TABLE.read_text()) if TABLE.exists() else {}
    installed = [one.spec.name for one in default_registry().installed("searcher")]
    print("milliseconds per suggestion and observation, after so many observations")
    print(f"{'searcher':12}" + "".join(f"{count:>10,}" for count in COUNTS))
    for name in options.names or installed:
        choice, row = resolve("searcher", name), []
        for count in COUNTS:
            if row and row[-1] > 1000 * options.limit:
                break
            row.append(round(1000 * measure(choice, count), 2))
        costs[name] = row
        print(f"{name:12}" + "".join(f"{cost:>10,.2f}" for cost in row), flush=True)
    TABLE.write_text(json.dumps(dict(sorted(costs.items())), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
