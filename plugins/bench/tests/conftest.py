"""Where recorded data lie, if they are there."""

import os
from pathlib import Path

import pytest

from tunesmith_bench.data import VARIABLE, Data

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def data():
    """The recorded benchmark data: named in the environment, or beside the repository."""
    named = os.environ.get(VARIABLE)
    folder = Path(named) if named else ROOT.parent / "shared" / "data" / "hpo"
    if not folder.is_dir():
        pytest.skip(f"no recorded benchmark data: name their folder in {VARIABLE}")
    return Data(str(folder))
