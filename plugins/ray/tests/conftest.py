"""One Ray for the whole session: starting it takes seconds."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SLOTS = 2

Ran = subprocess.CompletedProcess[str]


@pytest.fixture(scope="session", autouse=True)
def everything_on_ray(running_ray: None) -> None:
    """Have the shared Ray run for every test of this package."""


@pytest.fixture
def ran(tmp_path: Path) -> Callable[[str, float], Ran]:
    """Return a function that runs a script, given the test's folder, for so many seconds at most.

    In a process of its own it has a Ray of its own.
    """

    def run(script: str, timeout_s: float) -> Ran:
        file = tmp_path / "main.py"
        file.write_text(script)
        command = [sys.executable, str(file), str(tmp_path)]
        return subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=timeout_s
        )

    return run
