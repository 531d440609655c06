"""The trust region: how large it is, and when it is given up (arXiv 1910.01739); pure."""

import math

import msgspec

LEAST, FIRST, MOST = 0.5**7, 0.8, 1.6
"""Lengths of its sides, in the unit cube: those of the paper."""

GAIN = 1e-3
"""The least improvement, relative to the best loss, that counts as one."""


class Region(msgspec.Struct):
    """The `number`th region: its side length, and what it has brought lately."""

    number: int = 0
    length: float = FIRST
    successes: int = 0
    failures: int = 0

    def learn(self, loss: float, best: float, *, tolerance: int, patience: int) -> None:
        """Take in the loss of a trial that the region chose, infinity if it failed.

        `best` is the best one before it. `tolerance` successes in a row double the sides,
        `patience` failures halve them.
        """
        is_better = loss < best - (GAIN * abs(best) if best < math.inf else 0)
        self.successes = self.successes + 1 if is_better else 0
        self.failures = 0 if is_better else self.failures + 1
        if self.successes >= tolerance:
            self.length, self.successes = min(2 * self.length, MOST), 0
        elif self.failures >= patience:
            self.length, self.failures = self.length / 2, 0
