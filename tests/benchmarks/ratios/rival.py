"""Ray Tune, in an environment and a process of its own."""

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ratios.pair import UnavailableError

ROOT = Path(__file__).resolve().parents[3]
PLACE = ROOT / ".venv" / "isolated" / "raytune"
PROGRAM = ROOT / "tests" / "benchmarks" / "programs" / "raytune.py"
OURS = ("ray", "optuna", "scikit-learn")
"""What must have the version that the workspace has, so that both sides use the same."""


def environment() -> Path:
    """Return the interpreter of an environment with Ray Tune, which is made if there is none.

    Raises:
        UnavailableError: it cannot be installed.
    """
    uv, python = Path(sys.executable).with_name("uv"), PLACE / "bin" / "python"
    wanted = ["ray[tune]", *(f"{name}=={version(name)}" for name in OURS)]
    stamp = PLACE / "installed.txt"
    if stamp.exists() and stamp.read_text().split() == wanted:
        return python
    steps = (
        (uv, "venv", "--quiet", "--clear", "--python", sys.executable, PLACE),
        (uv, "pip", "install", "--quiet", "--python", python, *wanted),
    )
    for step in steps:
        done = subprocess.run(
            list(map(str, step)), cwd=PLACE.parents[2], check=False, capture_output=True, text=True
        )
        if done.returncode != 0:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise UnavailableError(f"Ray Tune cannot be installed: {reason.strip()}")
    stamp.write_text("\n".join(wanted))
    return python


class Rival:
    """A process in which Ray Tune runs what it is asked for, with a Ray of its own.

    Raises:
        UnavailableError: the first `ask` finds that it cannot be installed, or that it failed.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def ask(self, kind: str, **sizes: Any) -> dict[str, float]:
        """Have an experiment run; return its figures."""
        if self._process is None:
            self._process = subprocess.Popen(
                [str(environment()), str(PROGRAM)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        print(json.dumps({"kind": kind, **sizes}), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            raise UnavailableError(f"Ray Tune's process ended: status {self._process.wait()}")
        found: dict[str, Any] = json.loads(answer)
        if "error" in found:
            raise UnavailableError(f"Ray Tune failed: {found['error']}")
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._process.stdin.close()
            self._process.wait(timeout=60)
