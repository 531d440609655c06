"""Settings and fixtures for every test of the repository."""

import importlib
import logging
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings

# A deadline would test the machine; pytest-timeout ends what hangs.
settings.register_profile("tunesmith", deadline=None)
settings.load_profile("tunesmith")


ROOT = Path(__file__).parent
MANIFEST = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ABSENT = [
    ROOT / folder
    for folder in MANIFEST["tool"]["uv"]["workspace"]["exclude"]
    if find_spec(f"tunesmith_{Path(folder).name}") is None
]


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave packages outside the workspace to `make test-isolated`, where they are installed."""
    return True if any(collection_path.is_relative_to(folder) for folder in ABSENT) else None


def pytest_itemcollected(item: pytest.Item) -> None:
    """Leave to `make test-slow` what a class names in `slow`; have one process run all of Ray's.

    And one those that change who may look into the folder that all tests share.
    """
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    fixtures = getattr(item, "fixturenames", ())
    if "running_ray" in fixtures or parameters.get("executor") == "ray":
        item.add_marker(pytest.mark.xdist_group("ray"))
    if "read_only" in fixtures:
        item.add_marker(pytest.mark.xdist_group("read-only"))
    names = getattr(getattr(item, "cls", None), "slow", ())
    if item.name in names or getattr(item, "originalname", None) in names:
        item.add_marker(pytest.mark.slow)


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
