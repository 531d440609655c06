"""The searcher keeps to what is asked of every searcher."""

from typing import ClassVar

from tunesmith.testing.searchers import SearcherConformance


class TestConformance(SearcherConformance):
    """Before there is a model, which would take minutes; test_searcher.py has it after that."""

    searcher = "dragonfly"
    options: ClassVar = {"init_capital": 400}
