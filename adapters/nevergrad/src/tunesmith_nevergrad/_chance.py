"""Private generators in the place of the process's own, which Nevergrad's models draw from."""
# ruff: noqa: NPY002  (what the library uses)

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.random.mtrand import get_bit_generator, set_bit_generator


class Chance:
    """What Python's and NumPy's global generators draw from within `drawn`."""

    def __init__(self, seed: int) -> None:
        self._python = random.Random(seed).getstate()  # noqa: S311  (seeded)
        self._numpy = np.random.MT19937(seed)

    @contextmanager
    def drawn(self) -> Iterator[None]:
        """Let global generators go on where they stood at the last time, and put them back.

        To copy NumPy's state takes longer than many suggestions: a source of bits is exchanged.
        """
        python, theirs = random.getstate(), get_bit_generator()
        before: Any = np.random.get_state(legacy=False)
        random.setstate(self._python)
        set_bit_generator(self._numpy)
        try:
            yield
        finally:
            self._python = random.getstate()
            random.setstate(python)
            set_bit_generator(theirs)
            if before["has_gauss"]:  # the second of a pair of normals, which is not of the source
                np.random.set_state(before)
