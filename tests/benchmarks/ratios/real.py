"""Real training: a network on handwritten digits, against Ray Tune's own Optuna and ASHA."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from ratios import program
from ratios.pair import Figures, Group, Pair, Row
from ratios.rival import Rival
from ratios.sizes import Sizes


@contextmanager
def opened(sizes: Sizes) -> Iterator[list[Pair]]:
    """Yield the pair; each round has the next seed, the same on both sides."""
    if not sizes.digits_seeds:
        yield []
        return
    trials, our_seeds, their_seeds = sizes.digits_trials, count(), count()
    with tempfile.TemporaryDirectory() as folder, Rival() as rival:

        def ours() -> Figures:
            found: Figures = program.figures("digits_tunesmith", folder, next(our_seeds), trials)
            return found

        def theirs() -> Figures:
            return rival.ask("digits", seed=next(their_seeds), trials=trials)

        about = f"digits, {trials} trials"
        rows = (
            Row(f"{about}: seconds to .96 / Ray Tune", "target", "s", None, TARGET),
            Row(f"{about}: seconds in all / Ray Tune", "whole", "s", None, WHOLE),
            Row(f"{about}: best - Ray Tune's", "best", "accuracy", None, BEST, "difference"),
            Row(f"{about}: driver's CPU a report", "driver", "ms", None, DRIVER),
            Row(f"{about}: share of step time", "share", "%", None, SHARE),
        )
        yield [Pair(ours, theirs, rows, rounds=sizes.digits_seeds)]


TARGET = "until a report has that validation accuracy, with Ray up; TPE and ASHA on both sides"
WHOLE = "until the results of all trials are there"
BEST = "the best validation accuracy of any report"
DRIVER = "processor milliseconds of the driver's process for each report, searching included"
SHARE = "the same over the time that both slots had"
GROUP = Group("real", opened)
