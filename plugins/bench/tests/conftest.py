"""Where recorded data lie, if they are there, and how results are read."""

import csv
import os
from importlib import import_module
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


@pytest.fixture
def read_table():
    """Return a function that reads a folder's tidy table: its rows, whose keys are in order."""

    def read(folder):
        if (table := folder / "results.csv").exists():
            with table.open() as file:
                return list(csv.DictReader(file))
        return import_module("pyarrow.parquet").read_table(folder / "results.parquet").to_pylist()

    return read
