"""What the tests share: see `tunesmith.testing.clusters`."""

import pytest

from tunesmith.testing import clusters


@pytest.fixture(scope="session")
def make_problem():
    """Make a problem with the given end and unit."""
    return clusters.make_problem


@pytest.fixture(scope="session")
def cluster():
    """Return the class of pretend clusters."""
    return clusters.Cluster


@pytest.fixture(scope="session")
def reborn():
    """Return the wrapper that saves and restores before each call."""
    return clusters.Reborn
