"""The same seed gives the same suggestions, also after an interruption."""

import pytest


def test_seeds_differ(lab):
    """Another seed is another search."""
    assert lab(seed=1).run(3) != lab(seed=2).run(3)


@pytest.mark.parametrize("steps", [0, 1, 17, 45])
def test_a_restored_searcher_goes_on_as_if_nothing_had_happened(lab, conditional, steps):
    """State after any number of steps, with trials pending: the next suggestions are the same."""
    left, right = lab(conditional), lab(conditional)
    left.run(steps, pending=min(steps, 2))
    right.searcher.restore(left.searcher.state())
    right.configs = dict(left.configs)
    assert right.run(8, start=100) == left.run(8, start=100)
