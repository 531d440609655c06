"""Private generators and one thread, in the place of the process's own."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from threadpoolctl import threadpool_limits


class Chance:
    """The states that Python's and NumPy's global generators have within `drawn`."""

    def __init__(self, seed: int) -> None:
        generator = random.Random(seed)  # noqa: S311  (seeded)
        self._state = (generator.getstate(), np.random.RandomState(seed).get_state())

    @contextmanager
    def drawn(self) -> Iterator[None]:
        """Let global generators go on where they stood at the last time, and put them back."""
        theirs = random.getstate(), np.random.get_state()  # noqa: NPY002  (what the library uses)
        _set(*self._state)
        try:
            with threadpool_limits(1):
                yield
        finally:
            self._state = (random.getstate(), np.random.get_state())  # noqa: NPY002
            _set(*theirs)


def _set(python: object, numpy: object) -> None:
    random.setstate(python)  # type: ignore[arg-type]
    np.random.set_state(numpy)  # type: ignore[arg-type]  # noqa: NPY002
