"""Settings and fixtures for every test of the repository."""

import importlib
import logging
from collections.abc import Iterator

import pytest
from hypothesis import settings

# A deadline would test the machine; pytest-timeout ends what hangs.
settings.register_profile("tunesmith", deadline=None)
settings.load_profile("tunesmith")


@pytest.fixture(scope="session")
def running_ray() -> Iterator[None]:
    """A local Ray of two CPUs and two units of a resource of its own, one for all tests."""
    ray = importlib.import_module("ray")
    ray.init(
        num_cpus=2,
        resources={"widget": 2},
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
        object_store_memory=200 * 2**20,
    )
    yield
    ray.shutdown()
