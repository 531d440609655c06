"""How long a resume takes until the first new trial begins."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import tunesmith as tune
from ratios.pair import Bound, Figures, Group, Pair, Row
from ratios.sizes import Sizes

COPIES = count()


def prepared(folder: str, trials: int, reports: int) -> Path:
    """Return the folder of a run that is over."""

    def train(config: dict[str, Any]) -> Iterator[dict[str, float]]:
        for step in range(reports):
            yield {"loss": config["x"] / (step + 1)}

    options = {"metric": "loss", "mode": "min", "executor": "inline", "verbose": 0}
    space = {"x": tune.uniform(0, 1)}
    return tune.run(train, space, num_samples=trials, storage=folder, **options).path


def first_launch(run: Path, trials: int) -> Figures:
    """Return the seconds from the call of `tune.resume` to a new trial's first line."""
    begun = []

    def train(config: dict[str, Any]) -> float:
        begun.append(time.perf_counter())
        return 0.0

    copy = shutil.copytree(run, run.with_name(f"copy-{next(COPIES)}"))
    began = time.perf_counter()
    tune.resume(copy, train, num_samples=trials + 1, verbose=0)
    shutil.rmtree(copy)
    return {"seconds": begun[0] - began}


@contextmanager
def opened(sizes: Sizes) -> Iterator[list[Pair]]:
    """Yield the one measurement, with a run to go on with."""
    trials, reports = sizes.resume_trials, sizes.resume_reports
    with tempfile.TemporaryDirectory() as folder:
        run = prepared(folder, trials, reports)
        means = f"{trials:,} trials, {trials * reports:,} reports, random search, one more trial"
        row = Row("resume, to the first new launch", "seconds", "s", Bound("<=", 3), means, "alone")
        yield [Pair(lambda: first_launch(run, trials), None, (row,))]


GROUP = Group("resume", opened)
