"""The searcher keeps to what is asked of every searcher."""

from typing import ClassVar

import pytest

from tunesmith.testing.searchers import SearcherConformance
from tunesmith.testing.shims import ShimConformance


class TestConformance(SearcherConformance):
    """With fewer fits and a smaller search for the best candidate than by default."""

    searcher = "smac"
    steps = 40
    slow: ClassVar = {"test_processes_and_hash_seeds_agree"}  # another process has to import SMAC
    options: ClassVar = {
        "n_configs": 8,
        "retrain_after": 16,
        "probability": 0.5,
        "challengers": 60,
        "local_search_iterations": 1,
        "model_options": {"n_trees": 3},
    }


@pytest.mark.slow
@pytest.mark.timeout(900)
class TestDefaults(SearcherConformance):
    """As it is, for as long as others are tested."""

    searcher = "smac"


class TestShim(ShimConformance):
    """The package's shim keeps to the rules."""

    dist = "tunesmith-smac"
