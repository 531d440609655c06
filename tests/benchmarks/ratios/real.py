"""Real training, against Ray Tune's own Optuna and ASHA: a network, and boosted trees."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from ratios import program
from ratios.pair import Figures, Group, Pair, Row
from ratios.rival import Rival
from ratios.sizes import Sizes

TASKS = {"network": "digits", "trees": "boosted trees"}
"""What is trained: the program that says how, and what the table calls it."""


@contextmanager
def opened(sizes: Sizes) -> Iterator[list[Pair]]:
    """Yield the pairs; each round has the next seed, the same on both sides."""
    if not sizes.real_seeds:
        yield []
        return
    with tempfile.TemporaryDirectory() as folder, Rival() as rival:
        yield [_pair(task, sizes, folder, rival) for task in TASKS]


def _pair(task: str, sizes: Sizes, folder: str, rival: Rival) -> Pair:
    trials, our_seeds, their_seeds = sizes.real_trials, count(), count()

    def ours() -> Figures:
        found: Figures = program.figures("real_tunesmith", task, folder, next(our_seeds), trials)
        return found

    def theirs() -> Figures:
        return rival.ask("real", task=task, seed=next(their_seeds), trials=trials)

    about = f"{TASKS[task]}, {trials} trials"
    rows = (
        Row(f"{about}: seconds to target / Ray Tune", "target", "s", None, TARGET),
        Row(f"{about}: seconds in all / Ray Tune", "whole", "s", None, WHOLE),
        Row(f"{about}: best - Ray Tune's", "best", "accuracy", None, BEST, "difference"),
        Row(f"{about}: driver's CPU a report", "driver", "ms", None, DRIVER),
        Row(f"{about}: share of step time", "share", "%", None, SHARE),
    )
    return Pair(ours, theirs, rows, rounds=sizes.real_seeds)


TARGET = "until a report has the accuracy that the task asks for, with Ray up; TPE and ASHA both"
WHOLE = "until the results of all trials are there"
BEST = "the best validation accuracy of any report"
DRIVER = "processor milliseconds of the driver's process for each report, searching included"
SHARE = "the same over the time that both slots had"
GROUP = Group("real", opened)
