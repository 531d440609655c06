"""One Ray for the whole session: starting it takes seconds."""

import pytest

SLOTS = 2


@pytest.fixture(scope="session", autouse=True)
def everything_on_ray(running_ray: None) -> None:
    """Have the shared Ray run for every test of this package."""
