"""Problems to search, and a small driver of a searcher."""

from typing import ClassVar

import pytest

from tunesmith.testing import labs


class Lab(labs.MixedLab):
    """With a model that is fitted and asked less than by default."""

    name = "turbo"
    options: ClassVar = {"n_candidates": 100, "n_training_steps": 6}


@pytest.fixture
def lab():
    """Make a searcher on a small problem."""
    return Lab


@pytest.fixture
def mixed():
    """A space of every kind of parameter."""
    return labs.MIXED
