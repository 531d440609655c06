"""How many trials an experiment has for its `num_samples`."""

from __future__ import annotations

import msgspec

from tunesmith._journal.header import Header


class Extent(msgspec.Struct, frozen=True):
    """A grid's `cells` take as many trials each as there are samples; `ahead` are trials before.

    Points to evaluate are among the samples, but go ahead of a grid, which is to be complete.
    """

    cells: int = 1
    ahead: int = 0

    def trials(self, samples: int | None) -> int | None:
        """Return the number of all trials; a grid is walked once if nobody says how often."""
        if samples is None and self.cells == 1:
            return None
        return (samples or 1) * self.cells + self.ahead

    def samples(self, trials: int) -> int:
        """Return for how many samples there are so many trials."""
        return (trials - self.ahead) // self.cells


def extent_of(header: Header) -> Extent:
    """Return the extent of a run that began as its header says."""
    return Extent(header.extra.get("cells", 1), header.extra.get("ahead", 0))
