"""Problems to search, and a small driver of a searcher."""

import pytest

from tunesmith.testing import labs


class Lab(labs.Lab):
    """With a look at the points that ZOOpt holds."""

    name = "zoopt"

    def pools(self):
        """Return the values of the good points, and those of the others."""
        _, good, others = self.searcher._pools()
        return [s.get_value() for s in good], sorted(s.get_value() for s in others)


@pytest.fixture
def lab():
    """Make a searcher on a small problem."""
    return Lab
