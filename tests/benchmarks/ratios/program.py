"""Programs that are measured in processes of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from ratios.pair import UnavailableError

PROGRAMS = Path(__file__).resolve().parents[1] / "programs"


def run(*command: object, cwd: str | None = None) -> str:
    """Run a program to its end and return what it printed.

    Raises:
        UnavailableError: it failed; the message has the end of what it said.
    """
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
    if done.returncode != 0:
        raise failure(command, done.stderr)
    return done.stdout


def failure(command: tuple[object, ...], said: str) -> UnavailableError:
    """Return the error of a program that failed, with the last lines of what it said."""
    last = " ".join(said.strip().splitlines()[-3:]) or "it said nothing"
    names = " ".join(Path(str(word)).name for word in command)
    return UnavailableError(f"{names} failed: {last}")


def figures(name: str, *arguments: object) -> dict[str, Any]:
    """Run one of `PROGRAMS` and return the JSON on the last line of what it prints."""
    printed = run(sys.executable, PROGRAMS / f"{name}.py", *arguments)
    found: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return found
