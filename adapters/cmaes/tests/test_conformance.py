"""The searcher keeps to what is asked of every searcher."""

from typing import ClassVar

from tunesmith.testing.searchers import SearcherConformance
from tunesmith.testing.shims import ShimConformance


class TestConformance(SearcherConformance):
    """With enough samples a generation to see both ends before a random loss narrows it."""

    searcher = "cmaes"
    options: ClassVar = {"population_size": 10}


class TestShim(ShimConformance):
    """The package's shim keeps to the rules."""

    dist = "tunesmith-cmaes"
