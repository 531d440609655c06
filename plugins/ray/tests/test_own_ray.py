"""A Ray of the executor's own: started in the background, silent, and gone afterwards."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPT = """
import os, signal, sys, time
from neighbour import Case

case = Case()
began = time.monotonic()
shown = case.start(sys.argv[1])
print("constructed", time.monotonic() - began, flush=True)
pids = set()
interrupts = []
# As a driver does: the signal is noted, and the run is brought to its end.
signal.signal(signal.SIGINT, lambda *_: interrupts.append(number))
number = 0
while not interrupts:
    number += 1
    pids.add(case.run(shown, f"{number:04}"))
    if number == 1:
        print("ran", flush=True)
print("interrupted", flush=True)
pids.add(case.run(shown, "last"))
print("pids", len(pids), flush=True)
began = time.monotonic()
shown.executor.close()
shown.executor.close()
print("closed", time.monotonic() - began, flush=True)
"""

NEIGHBOUR = """
import os
from pathlib import Path

from tunesmith.protocols.events import TrialEnded
from tunesmith.testing.stage import ExecutorCase
from tunesmith_ray import RayExecutor


def train(config):
    print("printed by a trial")
    return {"loss": 0.0, "pid": os.getpid()}


class Case(ExecutorCase):
    in_process = False

    def make(self, context):
        return RayExecutor(context, num_cpus=1)

    def start(self, folder):
        self.steps = ExecutorCase.stage.__wrapped__(self, Path(folder))
        return next(self.steps)(train, max_concurrent=1)

    def run(self, shown, trial):
        shown.launch(trial)
        assert shown.wait(TrialEnded, trial).outcome == "completed"
        return shown.reports(trial)[-1].metrics["pid"]
"""


@pytest.fixture
def start(tmp_path: Path) -> Callable[[], subprocess.Popen[str]]:
    """Return a function that starts the script, with a module beside it, in its own group."""
    folder = tmp_path / "script"
    folder.mkdir()
    (folder / "main.py").write_text(SCRIPT)
    (folder / "neighbour.py").write_text(NEIGHBOUR)

    def begin() -> subprocess.Popen[str]:
        command = [sys.executable, str(folder / "main.py"), str(tmp_path)]
        return subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    return begin


def processes_of(session: int) -> list[str]:
    """Return the command lines of what still runs in this session."""
    listing = subprocess.run(
        ["ps", "-s", str(session), "-o", "stat=,args="],
        check=False,
        capture_output=True,
        text=True,
    )
    return [line for line in listing.stdout.splitlines() if line and not line.startswith("Z")]


def words(output: str) -> dict[str, float]:
    """Return what the script printed, line by line."""
    pairs = (line.split() for line in output.splitlines())
    return {pair[0]: float(pair[1]) if len(pair) > 1 else 1.0 for pair in pairs}


def test_own_ray_is_silent_survives_ctrl_c_and_leaves_nothing(
    start: Callable[[], subprocess.Popen[str]],
) -> None:
    """Nothing but the script prints, modules beside it are found, no process stays behind.

    Ctrl-C, which a terminal sends to the whole group of processes, reaches the driver only.
    """
    with start() as process:
        assert process.stdout is not None
        seen = ""
        while "ran" not in seen:
            line = process.stdout.readline()
            assert line, seen
            seen += line
        os.killpg(process.pid, signal.SIGINT)
        output, _ = process.communicate(timeout=50)
    said = words(seen + output)
    assert set(said) == {"constructed", "ran", "interrupted", "pids", "closed"}, seen + output
    assert said["pids"] == 1
    assert process.returncode == 0
    end = time.monotonic() + 5
    while processes_of(process.pid) and time.monotonic() < end:
        time.sleep(0.1)
    assert processes_of(process.pid) == []
