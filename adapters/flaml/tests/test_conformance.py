"""The searchers keep to what is asked of every searcher."""

from typing import ClassVar

from tunesmith.testing.searchers import SearcherConformance
from tunesmith.testing.shims import ShimConformance


class TestShim(ShimConformance):
    """The package's shim keeps to the rules."""

    dist = "tunesmith-flaml"


class TestBlendSearch(SearcherConformance):
    """With its defaults."""

    searcher = "blendsearch"


class TestCfo(SearcherConformance):
    """With its defaults."""

    searcher = "cfo"
    slow: ClassVar = {"test_processes_and_hash_seeds_agree"}  # another process has to import FLAML
