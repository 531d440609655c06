"""The searcher keeps to what is asked of every searcher."""

from typing import ClassVar

import pytest

from tunesmith.testing.searchers import SearcherConformance
from tunesmith.testing.shims import ShimConformance


class TestShim(ShimConformance):
    """The package's shim keeps to the rules."""

    dist = "tunesmith-bayesopt"


class TestConformance(SearcherConformance):
    """With a late model and a coarse search for the greatest acquisition."""

    searcher = "bayesopt"
    options: ClassVar = {
        "init_points": 10,
        "n_random": 200,
        "n_smart": 0,
        "n_restarts_optimizer": 0,
    }
    steps = 40


@pytest.mark.slow
@pytest.mark.timeout(3000)
class TestConformanceOfDefaults(SearcherConformance):
    """As it is when nothing is said."""

    searcher = "bayesopt"
