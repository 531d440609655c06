"""The searcher keeps to what is asked of every searcher."""

from typing import ClassVar

import pytest

from tunesmith.testing.searchers import SearcherConformance


class TestConformance(SearcherConformance):
    """With Sobol points only, which are quick: everything but the model."""

    searcher = "ax"
    options: ClassVar = {"method": "random_search"}


@pytest.mark.slow
@pytest.mark.timeout(3000)
class TestConformanceOfModel(SearcherConformance):
    """With the model for what comes after 24 Sobol points: a step of it takes seconds."""

    searcher = "ax"
    options: ClassVar = {"initialization_budget": 24}
    steps = 30
