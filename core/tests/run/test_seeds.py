"""Streams of random numbers."""

import subprocess
import sys

from tunesmith._run.seeds import Seeds, draw


def test_same_seed_and_name_give_the_same_stream() -> None:
    """A stream is fresh at every call, and always the same."""
    seeds = Seeds(7)
    assert [seeds("a").random(), seeds("a").random()] == [Seeds(7)("a").random()] * 2


def test_names_and_seeds_tell_streams_apart() -> None:
    """Neither another name nor another seed gives the same numbers, not even by concatenation."""
    streams = [Seeds(7)("a"), Seeds(7)("b"), Seeds(8)("a"), Seeds(1)("2:x"), Seeds(12)(":x")]
    assert len({stream.random() for stream in streams}) == len(streams)


def test_streams_never_change() -> None:
    """A recorded seed means the same numbers in every version."""
    assert Seeds(0)("searcher").randrange(2**31) == 91_629_101


def test_streams_do_not_depend_on_the_process() -> None:
    """Python's salted hashes play no part."""
    code = "from tunesmith._run.seeds import Seeds; print(Seeds(3)('x').random())"
    env = {"PYTHONHASHSEED": "12345"}
    other = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env
    )
    assert float(other.stdout) == Seeds(3)("x").random()


def test_drawn_seeds_differ() -> None:
    """A run without a seed gets one of its own (alike with probability 2**-31)."""
    assert draw() != draw()
