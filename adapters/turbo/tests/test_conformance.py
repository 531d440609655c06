"""The searcher keeps to what is asked of every searcher."""

from typing import ClassVar

import pytest

from tunesmith.testing.searchers import SearcherConformance
from tunesmith.testing.shims import ShimConformance


class TestConformance(SearcherConformance):
    """With a model that is fitted and asked less than by default, and is asked later."""

    searcher = "turbo"
    steps = 30
    options: ClassVar = {"n_initial": 27, "n_candidates": 20, "n_training_steps": 1}
    slow: ClassVar = {"test_processes_and_hash_seeds_agree"}  # another process has to import torch


@pytest.mark.slow
@pytest.mark.timeout(900)
class TestDefaults(SearcherConformance):
    """As it is, for as long as others are tested."""

    searcher = "turbo"


class TestShim(ShimConformance):
    """The package's shim keeps to the rules."""

    dist = "tunesmith-turbo"
