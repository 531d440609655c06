"""The searcher keeps to what is asked of every searcher."""

from tunesmith.testing.searchers import SearcherConformance
from tunesmith.testing.shims import ShimConformance


class TestShim(ShimConformance):
    """The package's shim keeps to the rules."""

    dist = "tunesmith-optuna"


class TestConformance(SearcherConformance):
    """With its defaults."""

    searcher = "optuna"
