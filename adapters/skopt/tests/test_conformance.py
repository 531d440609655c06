"""The searcher keeps to what is asked of every searcher."""

from typing import ClassVar

import pytest

from tunesmith.testing.searchers import SearcherConformance


@pytest.mark.timeout(180)  # another process imports scikit-learn, on a busy machine slowly
class TestConformance(SearcherConformance):
    """With a late model and a coarse search for its best point."""

    searcher = "skopt"
    options: ClassVar = {
        "n_initial_points": 96,
        "base_estimator": "ET",
        "acq_func": "EI",
        "acq_optimizer_kwargs": {"n_points": 200},
    }
    steps = 100


@pytest.mark.slow
@pytest.mark.timeout(900)
class TestConformanceOfDefaults(SearcherConformance):
    """As it is when nothing is said."""

    searcher = "skopt"
