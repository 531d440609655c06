"""Drivers to be killed, and what must be true afterwards."""

import contextlib
import os
import queue
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import tunesmith as tune

HERE = Path(__file__).parent


class Victim:
    """A driver process, and the results it has shown so far as (trial, resource, loss)."""

    def __init__(self, storage, *arguments, program="driver.py"):
        self.folder = storage / "victim"
        self.shown = []
        self.said = []  # what else it said
        self._lines = queue.SimpleQueue()
        self.errors = storage / "stderr.txt"
        with self.errors.open("w") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, str(HERE / program), str(storage), *arguments],
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                cwd=storage,
            )
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self):
        for line in self.process.stdout:
            # What the kill cut off in the middle of a line was not shown in full.
            if line.endswith("\n"):
                self._lines.put(line)

    def wait_for(self, count, timeout=50):
        """Return once `count` results were shown, or it says that it is over."""
        while len(self.shown) < count and not self.said:
            self._take(self._lines.get(timeout=timeout))

    def wait_for_end(self, timeout=50):
        """Return its exit code once it has come to its own end."""
        code = self.process.wait(timeout=timeout)
        self.kill()
        return code

    def _take(self, line):
        if not line[0].isdigit():
            self.said.append(line.rstrip("\n"))
            return
        trial, resource, loss = line.split()
        self.shown.append((trial, int(resource), float(loss)))

    def kill(self):
        """Kill it with SIGKILL, and take in all it had shown."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=20)
        self._thread.join(timeout=20)
        self.process.stdout.close()
        self.look()

    def look(self):
        """Take in what it has shown so far."""
        while not self._lines.empty():
            self._take(self._lines.get())


@pytest.fixture
def cluster(running_ray):
    """The address of a Ray that other processes can join."""
    import ray

    return ray.get_runtime_context().gcs_address


@pytest.fixture
def victim(tmp_path):
    """Start a driver on an executor; it is killed at the end of the test at the latest."""
    started = []

    def start(*arguments):
        storage = tmp_path / f"storage-{len(started)}"
        storage.mkdir()
        started.append(Victim(storage, *arguments))
        return started[-1]

    yield start
    for one in started:
        one.kill()


@pytest.fixture(scope="session")
def check():
    """Check what is left of a killed run: all that was shown, nothing twice, nothing torn."""

    def check(victim, folder=None):
        folder = folder or victim.folder
        results = tune.load(folder)
        assert results.state == "interrupted"
        histories = {trial.id: [row["loss"] for row in trial.history] for trial in results}
        with contextlib.closing(sqlite3.connect(folder / "experiment.sqlite")) as shell:
            assert shell.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            rows = shell.execute("SELECT trial, resource, value FROM results").fetchall()
        assert set(victim.shown) <= {(trial, int(at), value) for trial, at, value in rows}
        for trial, resource, loss in victim.shown:
            assert histories[trial][resource - 1] == loss
        for trial in results:
            count = [row["training_iteration"] for row in trial.history]
            assert count == list(range(1, len(count) + 1))
            for saved in trial.checkpoints:
                assert saved.to_dict()["epoch"] == saved.metadata()["resource"]
        results.close()

    return check
