"""A Ray that is started within a program answers nobody else on the network."""

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import ray

PROGRAM = """
import sys
import ray

ray.init(address=sys.argv[1], logging_level="ERROR")
"""

SINCE = (2, 59)
ours = tuple(map(int, version("ray").split(".")[:2]))


@pytest.mark.slow
@pytest.mark.skipif(ours < SINCE, reason="Ray asks for a token since 2.59")
@pytest.mark.parametrize("knows_token", [False, True])
def test_only_who_has_the_token_gets_in(tmp_path, knows_token):
    """A process of another home, with a token of its own, cannot join."""
    address = ray.get_runtime_context().gcs_address
    token = (Path.home() / ".ray" / "auth_token").read_text() if knows_token else "0" * 64
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    stranger = subprocess.run(
        [sys.executable, "-c", PROGRAM, address],
        env={**kept, "HOME": str(tmp_path), "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (stranger.returncode == 0) == knows_token, stranger.stderr[-2000:]
