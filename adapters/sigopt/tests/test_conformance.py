"""The searcher keeps to what is asked of every searcher."""

from typing import ClassVar

from tunesmith.testing.searchers import SearcherConformance


class TestConformance(SearcherConformance):
    """With its defaults, for fewer steps than are usual: each takes a second."""

    searcher = "sigopt"
    steps: ClassVar = 16
