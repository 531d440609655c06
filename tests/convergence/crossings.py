"""How often curves cross: whether the early leader is among the best at the end.

    python tests/convergence/crossings.py [--data FOLDER] [--repeats 200] [FAMILY ...]

As often as told, 27 configurations are drawn, and trained in full. Printed is, for each task, how
often the one that leads at a ninth of the training (at the first report, if that is later) is not
among the best nine at the end. Were the early order worth nothing, that would be 67 %. A run that
diverged is the worst; of equal leaders, each counts its share.
"""

import argparse
import math
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

from tunesmith.space import parse_space
from tunesmith_bench import Task
from tunesmith_bench.data import Data, choose_folder
from tunesmith_bench.families.catalog import instances, load_task

SIZE = 27
PLACES = 9
FAMILIES = ("arlbench", "lcdb_accuracy", "sklearn_curves")
FOLDER = "../shared/data/hpo"


def curves(task: Task, seed: int) -> Iterator[Sequence[Mapping[str, Any]]]:
    """Yield the reports of as many trials, each with a configuration of its own if there are."""
    rng, space, seen = Random(seed), parse_space(task.space), []
    bound = task.bind(seed)
    for _ in range(SIZE):
        config = next((c for c in (space.sample(rng) for _ in range(99)) if c not in seen), None)
        if config is None:
            return
        seen.append(config)
        if "source" in bound.parameters:
            yield bound.parameters["source"].curve(config, seed)
        else:
            training = bound.target()
            training.setup(config, **bound.parameters)
            yield list(iter(training.step, None))


def upset(task: Task, seed: int) -> tuple[float, float]:
    """Return the share of early leaders that are not among the best, and of trials that diverged.

    Of fewer trials, the best third counts.
    """
    is_max = task.mode == "max"
    pairs = []
    for rows in curves(task, seed):
        places = [row.get(task.resource, number) for number, row in enumerate(rows, 1)]
        early = max(0, sum(place <= task.max_resource / 9 for place in places) - 1)
        pairs.append([_loss(rows[at][task.metric], is_max=is_max) for at in (early, -1)])
    first = min(early for early, _ in pairs)
    ends = [end for _, end in pairs]
    room = len(pairs) * PLACES // SIZE
    leaders = [end for early, end in pairs if early == first]
    kept = [(room - sum(x < end for x in ends)) / ends.count(end) for end in leaders]
    lost = 1 - sum(min(max(chance, 0.0), 1.0) for chance in kept) / len(leaders)
    return lost, ends.count(math.inf) / len(ends)


def _loss(value: float, *, is_max: bool) -> float:
    return math.inf if math.isnan(value) else -value if is_max else value


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("families", nargs="*", default=FAMILIES)
    parser.add_argument("--data", default=None)
    parser.add_argument("--repeats", type=int, default=200)
    given = parser.parse_args()
    data = Data(choose_folder(given.data, FOLDER))
    for family in given.families:
        shares = []
        for instance in instances(family, data):
            task = load_task(family, instance, data, {})
            found = [upset(task, seed) for seed in range(given.repeats)]
            lost, diverged = (sum(part) / len(found) for part in zip(*found, strict=True))
            shares.append(lost)
            print(f"{family:16} {instance:24} {lost:6.0%}   diverged {diverged:.0%}", flush=True)
        print(f"{family:16} {'mean':24} {sum(shares) / len(shares):6.0%}\n", flush=True)


if __name__ == "__main__":
    main()
