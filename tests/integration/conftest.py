"""What the tests that run whole programs share."""

import os
import signal
import subprocess
import sys
import threading
from queue import Empty, SimpleQueue
from time import monotonic

import pytest

PATIENCE_S = 50.0
"""How long a program may take for its next line; a loaded machine is no failure."""

AGAIN_S = 5.0
"""After so long without an effect, a person presses the keys again."""


class Program:
    """A program in a process group of its own, as a terminal starts it."""

    def __init__(self, arguments, folder):
        self.lines = []
        self._process = subprocess.Popen(
            [sys.executable, "-u", *map(str, arguments)],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._output = SimpleQueue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def wait_for(self, text):
        """Read on until a line holds `text`."""
        if not self._comes(text, PATIENCE_S):
            pytest.fail(f"{text!r} never came; came: {self.lines}")

    def press_ctrl_c(self, until):
        """Send SIGINT to all processes of the group, as a terminal does; a line shall follow.

        Sent again where nothing follows: of a signal that comes as it is about to sleep, Python
        knows nothing until it wakes.
        """
        for _ in range(round(PATIENCE_S / AGAIN_S)):
            os.killpg(self._process.pid, signal.SIGINT)
            if self._comes(until, AGAIN_S):
                return
        pytest.fail(f"{until!r} never came; came: {self.lines}")

    def end(self):
        """Read all that is left, and return the exit code."""
        try:
            while (line := self._output.get(timeout=PATIENCE_S)) is not None:
                self.lines.append(line)
        except Empty:
            pytest.fail(f"it does not end; came: {self.lines}")
        code = self._process.wait()
        self.close()
        return code

    def kill(self):
        """End all of its processes."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)

    def close(self):
        """Let go of the process; one that still runs is killed."""
        self.kill()
        self._process.wait()
        self._reader.join()
        self._process.stdout.close()

    def _read(self):
        for line in self._process.stdout:
            self._output.put(line.rstrip("\n"))
        self._output.put(None)

    def _comes(self, text, seconds):
        end = monotonic() + seconds
        while True:
            try:
                line = self._output.get(timeout=max(0.0, end - monotonic()))
            except Empty:
                return False
            if line is None:
                pytest.fail(f"it ended before {text!r} came; came: {self.lines}")
            self.lines.append(line)
            if text in line:
                return True


@pytest.fixture
def start(tmp_path):
    """Start Python with these arguments in the test's folder."""
    started = []

    def begin(*arguments):
        started.append(Program(arguments, tmp_path))
        return started[-1]

    yield begin
    for program in started:
        program.close()
