"""The searcher keeps to what is asked of every searcher."""

from typing import ClassVar

import pytest

from tunesmith.testing.searchers import SearcherConformance
from tunesmith.testing.shims import ShimConformance


class TestShim(ShimConformance):
    """The package's shim keeps to the rules."""

    dist = "tunesmith-ax"


@pytest.mark.timeout(900)
class TestConformance(SearcherConformance):
    """With Sobol points only, which are quick: everything but the model."""

    searcher = "ax"
    options: ClassVar = {"method": "random_search"}
    # A dozen Sobol points take a second, another import of Ax ten.
    slow: ClassVar = {
        "test_conditions_are_kept_or_refused",
        "test_failed_trials_are_not_taken_for_good",
        "test_infeasible_suggestions_give_way",
        "test_others_random_numbers_stay",
        "test_processes_and_hash_seeds_agree",
        "test_saved_state_keeps_constraint_values",
        "test_saved_state_loses_nothing[0]",
        "test_saved_state_loses_nothing[7]",
        "test_saved_state_loses_nothing[25]",
        "test_seeds_differ",
        "test_several_objectives_are_taken_or_refused",
        "test_stopped_trials_are_not_taken_for_complete",
        "test_strange_news_is_survived",
        "test_suggestions_are_in_the_space",
        "test_trials_beyond_a_limit_are_not_taken_for_good",
        "test_trials_without_values_are_survived",
    }


@pytest.mark.slow
@pytest.mark.timeout(3000)
class TestConformanceOfModel(SearcherConformance):
    """With the model for what comes after 24 Sobol points: a step of it takes seconds."""

    searcher = "ax"
    options: ClassVar = {"initialization_budget": 24}
    steps = 30
