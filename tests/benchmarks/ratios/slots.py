"""How busy the slots are: with a searcher as slow as a training step, and with many workers."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from ratios import program
from ratios.pair import Bound, Figures, Group, Pair, Row
from ratios.sizes import Sizes


def measured(kind: str, *sizes: int) -> Figures:
    """Return the figures of one of the cases of programs/busy.py."""
    with tempfile.TemporaryDirectory() as folder:
        found: Figures = program.figures("busy", folder, kind, *sizes)
        return found


@contextmanager
def opened(sizes: Sizes) -> Iterator[list[Pair]]:
    """Yield what is asked for."""
    seen, trials, workers = sizes.gp_observations, sizes.gp_trials, sizes.workers
    pairs = []
    if seen:
        about = f"GP at {seen} observations"
        busy = Row(f"{about}: slots busy", "busy", "%", Bound(">=", 95), SEARCHER, "alone")
        step = Row(f"{about}: one suggestion", "suggestion", "s", None, SUGGESTION, "alone")
        pairs.append(Pair(lambda: measured("searcher", seen, trials), None, (busy, step)))
    if workers:
        about = f"Ray, {workers} workers"
        busy = Row(f"{about}: slots busy", "busy", "%", Bound(">=", 90), MANY, "alone")
        cpu = Row(f"{about}: cores of the driver", "cores", "cores", Bound("<=", 1), CPU, "alone")
        pairs.append(Pair(lambda: measured("workers", workers), None, (busy, cpu)))
    yield pairs


SEARCHER = "Optuna's GP, 2 workers; trials of four steps, each as long as a suggestion takes alone"
SUGGESTION = "a suggestion of a fresh searcher that was told so many observations"
MANY = "logical CPUs; a trial is a hundred steps of 10 ms, each reported"
CPU = "processor seconds of the driver's process a second, all of its threads"
GROUP = Group("slots", opened)
