"""Noise that depends on the repetition and the configuration alone, not on the order of trials."""

from __future__ import annotations

import hashlib
from random import Random
from typing import Any


def stream(*key: Any) -> Random:
    """Return a random stream for `key`, the same in every process."""
    digest = hashlib.blake2b(repr(key).encode(), digest_size=8).digest()
    return Random(int.from_bytes(digest, "big"))  # noqa: S311 (benchmark noise is no secret)


def column(seed: int, row: int, count: int) -> int:
    """Return which of `count` recorded repetitions of a row this seed sees."""
    return stream(seed, row).randrange(count)
