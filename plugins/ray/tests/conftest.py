"""One Ray for the whole session: starting it takes seconds."""

import logging
from collections.abc import Iterator

import pytest
import ray

SLOTS = 2


@pytest.fixture(scope="session", autouse=True)
def running_ray(request: pytest.FixtureRequest) -> Iterator[None]:
    """A local Ray with two CPUs, and two units of a resource of its own, or the one that runs."""
    if ray.is_initialized():
        yield
        return
    ray.init(
        num_cpus=SLOTS,
        resources={"widget": 2},
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
        object_store_memory=200 * 2**20,
    )
    yield
    ray.shutdown()
