"""Private generators and one thread, in the place of the process's own that HEBO would use."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits


class Chance:
    """The states that Python's, NumPy's and PyTorch's global generators have within `drawn`."""

    def __init__(self, seed: int) -> None:
        self._state: tuple[Any, ...] = (
            random.Random(seed).getstate(),  # noqa: S311  (seeded)
            np.random.RandomState(seed).get_state(),
            torch.Generator().manual_seed(seed).get_state(),
        )

    @contextmanager
    def drawn(self) -> Iterator[None]:
        """Let global generators go on where they stood at the last time, and put all back."""
        theirs, threads = _states(), torch.get_num_threads()
        _set(self._state)
        torch.set_num_threads(1)
        try:
            with threadpool_limits(1):
                yield
        finally:
            self._state = _states()
            _set(theirs)
            torch.set_num_threads(threads)


def _states() -> tuple[Any, ...]:
    return random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002


def _set(states: tuple[Any, ...]) -> None:
    python, numpy, pytorch = states
    random.setstate(python)
    np.random.set_state(numpy)  # noqa: NPY002  (what the library uses)
    torch.set_rng_state(pytorch)
