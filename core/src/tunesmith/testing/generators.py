"""The generators of random numbers that a whole process shares."""

import random
import sys
from typing import Any


def shared_generators() -> dict[str, Any]:
    """Return where each of them stands, of the libraries that are loaded."""
    states: dict[str, Any] = {"random": random.getstate()}
    if "numpy" in sys.modules:
        name, keys, *rest = sys.modules["numpy"].random.get_state()
        states["numpy.random"] = (name, keys.tolist(), *rest)
    if "torch" in sys.modules:
        states["torch"] = sys.modules["torch"].get_rng_state().tolist()
    return states


def move_shared_generators() -> None:
    """Draw from each, so that none stands where the same seed would have put it."""
    random.random()  # noqa: S311 (drawn for nothing)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.random()
    if "torch" in sys.modules:
        sys.modules["torch"].rand(1)
