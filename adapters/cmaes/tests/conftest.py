"""Problems to search, and a small driver of a searcher."""

import pytest

from tunesmith.testing import labs


class Lab(labs.MixedLab):
    """With a look at the library's generations."""

    name = "cmaes"

    @property
    def generation(self):
        return self.searcher._optimizer.generation


@pytest.fixture
def lab():
    """Make a searcher on a small problem."""
    return Lab


@pytest.fixture
def mixed():
    """A space of every kind of parameter."""
    return labs.MIXED
