"""What tests that share something rely on."""

import subprocess
import sys
from pathlib import Path

MODULE = """
import os
import pytest

@pytest.mark.xdist_group("shared")
@pytest.mark.parametrize("number", range(12))
def test_where(number):
    with open("workers.txt", "a") as file:
        file.write(os.environ["PYTEST_XDIST_WORKER"] + chr(10))
"""


def test_a_group_of_tests_runs_in_one_process(tmp_path: Path) -> None:
    """All tests that share a Ray, say, come to one worker of several."""
    (tmp_path / "test_shared.py").write_text(MODULE)
    command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-n2", "--dist", "loadgroup"]
    subprocess.run([sys.executable, *command], cwd=tmp_path, check=True, timeout=120)
    workers = (tmp_path / "workers.txt").read_text().split()
    assert len(workers) == 12
    assert len(set(workers)) == 1
