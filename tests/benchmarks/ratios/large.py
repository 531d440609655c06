"""Large values, by counting: bytes written for a checkpoint, copies of it, pickles of an array."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from ratios import program
from ratios.pair import Bound, Figures, Group, Pair, Row
from ratios.sizes import Sizes

MB = 1_000_000


def measured(kind: str, size_mb: int) -> Figures:
    """Return the counts of one of the cases of programs/heavy.py."""
    with tempfile.TemporaryDirectory() as folder:
        found: Figures = program.figures("heavy", folder, kind, size_mb * MB)
        return found


@contextmanager
def opened(sizes: Sizes) -> Iterator[list[Pair]]:
    """Yield the counts; they are the same each time, so one round does."""
    saved, captured = sizes.checkpoint_mb, sizes.captured_mb
    about = {
        "checkpoint": (saved, "bytes written", 1.05, "x its size", WRITTEN),
        "fork": (saved, "bytes written for a clone", 0.05, "x its size", CLONE),
        "captured": (captured, "times pickled", 1, "times", PICKLED),
        "shared": (captured, "times pickled, with_parameters", 1, "times", PICKLED),
    }
    names = {"checkpoint": "checkpoint", "fork": "fork", "captured": "array", "shared": "array"}
    yield [
        Pair(
            lambda kind=kind, size=size: measured(kind, size),
            None,
            (
                Row(
                    f"{size} MB {names[kind]}: {what}",
                    "count",
                    unit,
                    Bound("<=", limit),
                    means,
                    "alone",
                ),
            ),
            rounds=1,
        )
        for kind, (size, what, limit, unit, means) in about.items()
    ]


WRITTEN = "all that the process writes while one trial saves a directory, over the directory's size"
CLONE = "what PBT's fork writes beyond the members' own saves, over the size of a checkpoint"
PICKLED = "how often the driver pickles what the training code holds, on Ray, twenty trials"
GROUP = Group("large", opened)
