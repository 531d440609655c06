"""Problems to search, and a small driver of a searcher."""

import pytest

from tunesmith.testing import labs


class Lab(labs.Lab):
    """One of the searchers, with a look at FLAML's own."""

    def __init__(self, name, *arguments, **options):
        self.name = name
        super().__init__(*arguments, **options)
        self.flaml = self.searcher._search


@pytest.fixture(params=["blendsearch", "cfo"])
def lab(request):
    """Make one of the searchers on a small problem."""
    return lambda *arguments, **options: Lab(request.param, *arguments, **options)


@pytest.fixture
def make():
    """Make the searcher of a name."""
    return Lab


@pytest.fixture(scope="session")
def make_local():
    """Make FLAML's own object for a space."""
    from tunesmith_flaml.searcher import CFO

    return lambda space: CFO("loss", "min", space, {}, seed=1)._ls
