"""What a function returns in other processes, whose sets and hashes have other orders."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

HASH_SEEDS = ("1", "2", "3")

_SCRIPT = """
import pickle, sys
path, call = sys.argv[1:]
sys.path[:] = pickle.loads(bytes.fromhex(path))
function, arguments = pickle.loads(bytes.fromhex(call))
print()
print(repr(function(*arguments)))
"""


def assert_same_everywhere(function: Callable[..., Any], *arguments: Any) -> None:
    """Compare what a function of ours returns here with that of a process for each hash seed.

    This process has a hash seed of its own, and a past. What depends on the order of a set of two
    strings shows with a probability of 7/8.
    """
    call = pickle.dumps((function, arguments))
    with ExitStack() as stack:
        others = {seed: stack.enter_context(_started(call, seed)) for seed in HASH_SEEDS}
        here = repr(function(*arguments))
        for seed, other in others.items():
            output, errors = other.communicate()
            assert other.returncode == 0, errors
            there = output.splitlines()[-1]
            assert there == here, (
                f"another process (PYTHONHASHSEED={seed}) {_difference(there, here)}; draw from"
                " problem.rng or .seed only, iterate over no sets and use no hash()"
            )


def _started(call: bytes, seed: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 (our own interpreter)
        [sys.executable, "-c", _SCRIPT, pickle.dumps(sys.path).hex(), call.hex()],
        env={**os.environ, "PYTHONHASHSEED": seed},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _difference(there: str, here: str) -> str:
    pairs = zip(there, here, strict=False)
    same = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(there), len(here)))
    start = max(0, same - 40)
    return f"had …{there[start : same + 60]}… where this one had …{here[start : same + 60]}…"
