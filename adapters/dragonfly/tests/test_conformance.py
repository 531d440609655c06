"""The searcher keeps to what is asked of every searcher."""

from typing import ClassVar

from tunesmith.testing.searchers import SearcherConformance
from tunesmith.testing.shims import ShimConformance


class TestShim(ShimConformance):
    """The package's shim keeps to the rules."""

    dist = "tunesmith-dragonfly"


class TestConformance(SearcherConformance):
    """Before there is a model, which would take minutes; test_searcher.py has it after that."""

    searcher = "dragonfly"
    options: ClassVar = {"init_capital": 400}
