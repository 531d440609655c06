"""What the tests that run whole programs share."""

import os
import signal
import subprocess
import sys
import threading

import pytest

PATIENCE_S = 50.0
"""How long a program may take for its next line; a loaded machine is no failure."""


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
        # What hangs is killed, whereupon reading comes to an end.
        self._watch = threading.Timer(PATIENCE_S, self.kill)
        self._watch.start()

    def wait_for(self, text):
        """Read on until a line holds `text`."""
        for line in self._process.stdout:
            self.lines.append(line.rstrip("\n"))
            if text in line:
                return
        pytest.fail(f"{text!r} never came; came: {self.lines}")

    def press_ctrl_c(self):
        """Send SIGINT to all processes of the group, as a terminal does."""
        os.killpg(self._process.pid, signal.SIGINT)

    def end(self):
        """Read all that is left, and return the exit code."""
        self.lines += self._process.stdout.read().splitlines()
        code = self._process.wait()
        self.close()
        return code

    def kill(self):
        """End all of its processes."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)

    def close(self):
        """Let go of the process; one that still runs is killed."""
        self._watch.cancel()
        self.kill()
        self._process.wait()
        self._process.stdout.close()


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
