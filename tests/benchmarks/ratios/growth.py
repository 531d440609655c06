"""What a trial costs in a small experiment and in a large one: time, memory, disk."""

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import tunesmith as tune
from ratios import program
from ratios.pair import Bound, Figures, Group, Pair, Row
from ratios.sizes import Sizes

SCHEDULERS = ("fifo", "asha")


def grown(folder: str, trials: int, scheduler: str) -> Figures:
    """Run so many trials in a process of their own; return what one costs."""
    storage = tempfile.mkdtemp(dir=folder)
    try:
        return program.figures("grow", storage, trials, scheduler)
    finally:
        shutil.rmtree(storage)


def showing(run: Path) -> Figures:
    """Return the seconds of `tunesmith show`, the interpreter's start included."""
    began = time.perf_counter()
    program.run(Path(sys.executable).with_name("tunesmith"), "show", run)
    return {"seconds": time.perf_counter() - began}


def loading(run: Path) -> Figures:
    """Return how many results a second `tune.load` takes in, and how fast all is read then."""
    began = time.perf_counter()
    results = tune.load(run)
    count = sum(trial.iterations or 0 for trial in results)
    loaded = time.perf_counter()
    found = sum(1 for trial in results if trial.config and trial.metrics)
    seconds = time.perf_counter() - loaded
    results.close()
    return {"results": count / (loaded - began), "trials": found / seconds}


@contextmanager
def opened(sizes: Sizes) -> Iterator[list[Pair]]:
    """Yield the pairs, and a large run for what reads it."""
    small = sizes.growth_small
    larger = dict.fromkeys((sizes.growth_middle, sizes.growth_large))
    with tempfile.TemporaryDirectory() as folder:
        pairs = [
            Pair(
                lambda large=large, scheduler=scheduler: grown(folder, large, scheduler),
                lambda scheduler=scheduler: grown(folder, small, scheduler),
                _rows(scheduler, large, small),
            )
            for scheduler in SCHEDULERS
            for large in larger
        ]
        largest = sizes.growth_large
        program.figures("grow", folder, largest, "asha")
        run = next(Path(folder).glob("*/experiment.sqlite")).parent
        show = Row(f"tunesmith show, {largest:,} trials", "seconds", "s", Bound("<=", 1), SHOW)
        about = f"tune.load, {largest:,} trials"
        load = Row(about, "results", "results/s", Bound(">=", 2e5), LOAD)
        read = Row(f"{about}: read all", "trials", "trials/s", None, READ)
        yield [
            *pairs,
            Pair(lambda: showing(run), None, (_alone(show),)),
            Pair(lambda: loading(run), None, (_alone(load), _alone(read))),
        ]


def _rows(scheduler: str, large: int, small: int) -> tuple[Row, ...]:
    about = f"{scheduler}, {large:,} trials"
    time_ = Row(f"{about}: time / with {small:,}", "ms", "ms each", Bound("<=", 1.1), TIME)
    memory = Row(f"{about}: memory of one", "memory", "KiB each", Bound("<=", 2), MEMORY)
    disk = Row(f"{about}: disk of one", "disk", "KiB each", None, DISK)
    return time_, _alone(memory), _alone(disk)


def _alone(row: Row) -> Row:
    return Row(row.name, row.key, row.unit, row.bound, row.means, "alone")


TIME = "from the first trial's end to the last one's, inline, journal on, a process for each size"
MEMORY = "growth of resident memory over the last nine tenths of the trials"
DISK = "size of the run's folder over its trials"
SHOW = "the whole process, as a person waits for it"
LOAD = "results in memory, each trial's standing known, by the reports of all trials"
READ = "every trial's configuration and metrics, decoded one by one"
GROUP = Group("growth", opened)
