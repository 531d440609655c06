"""Repetitions: which one a seed sees, and what a configuration is worth over all of them.

What is seen depends on the seed and the configuration alone, not on the order of trials.
"""

from __future__ import annotations

import hashlib
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def stream(*key: Any) -> Random:
    """Return a random stream for `key`, the same in every process."""
    digest = hashlib.blake2b(repr(key).encode(), digest_size=8).digest()
    return Random(int.from_bytes(digest, "big"))  # noqa: S311 (benchmark noise is no secret)


def column(seed: int, row: int, count: int) -> int:
    """Return which of `count` recorded repetitions of a row this seed sees."""
    return stream(seed, row).randrange(count)


def merits(values: Floats, *, is_max: bool) -> Floats:
    """Return the means over the second axis, the repetitions; a failed one (NaN) is the worst.

    The worst are the worst numbers that any configuration has at the same place. Left out, failures
    would make a configuration look as good as its luckiest run.
    """
    worst = (np.nanmin if is_max else np.nanmax)(values, axis=(0, 1))
    means: Floats = np.where(np.isnan(values), worst, values).mean(axis=1)
    return means
