"""The searcher keeps to what is asked of every searcher."""

from typing import ClassVar

import pytest

from tunesmith.testing.searchers import SearcherConformance
from tunesmith.testing.shims import ShimConformance


class TestShim(ShimConformance):
    """The package's shim keeps to the rules."""

    dist = "tunesmith-sigopt"


class TestConformance(SearcherConformance):
    """With density estimates, a fifth of a second each; for fewer steps than are usual."""

    searcher = "sigopt"
    options: ClassVar = {"compute_mode": "kde_only"}
    steps: ClassVar = 24


@pytest.mark.slow
@pytest.mark.timeout(1800)
class TestConformanceOfModel(SearcherConformance):
    """With its defaults: a suggestion takes a second."""

    searcher = "sigopt"
    steps: ClassVar = 24
