"""The searcher keeps to what is asked of every searcher."""

from tunesmith.testing.searchers import SearcherConformance


class TestConformance(SearcherConformance):
    """With its defaults."""

    searcher = "nevergrad"
