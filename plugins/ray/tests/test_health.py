"""A Ray of one's own that dies under a run."""

import sys
from collections.abc import Callable
from typing import Any

import pytest

SCRIPT = """
import os, signal, sys, time
from pathlib import Path

import tunesmith as tune


def train(config):
    for _ in range(3):
        tune.report({"loss": config["x"]})
        while not Path(sys.argv[1], "over").exists():
            time.sleep(0.05)


def own(name):
    tasks = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    children = {pid for task in tasks for pid in task.read_text().split()}
    return next(int(pid) for pid in children if Path("/proc", pid, "comm").read_text()[:-1] == name)


class Killer:
    def on_result(self, trial, result):
        os.kill(own("raylet"), signal.SIGKILL)


try:
    tune.run(
        train, {"x": tune.uniform(0, 1)}, metric="loss", mode="min", num_samples=1, name="run",
        storage=sys.argv[1], executor={"name": "ray", "num_cpus": 1}, callbacks=[Killer()],
        verbose=0,
    )
except tune.PluginError as error:
    print(str(error).splitlines()[0].partition(" while")[0], flush=True)
Path(sys.argv[1], "over").touch()
print(tune.resume(Path(sys.argv[1], "run"), train, executor="inline", verbose=0).counts, flush=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="finds Ray's processes in /proc, on Linux")
def test_a_ray_that_died_ends_the_run_and_not_the_program(ran: Callable[..., Any]) -> None:
    """The run says which process it was, before Ray ends the program, and can be resumed."""
    done = ran(SCRIPT, 150)
    assert done.stdout.splitlines() == [
        "Ray's own process raylet died",
        "{'completed': 1}",
    ], done.stdout + done.stderr[-3000:]
