"""Training code that forks: a child that leaves it ends, and is no second driver."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import os, sys, time

import tunesmith as tune

form, leaves = sys.argv[1:3]


def fork(leave):
    child = os.fork()
    if child == 0:
        if leave == "exits":
            sys.exit(3)
        if leave == "raises":
            raise ValueError("in the child")
        return
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print("child", status, flush=True)


def yields(config):
    for step in range(2):
        fork(leaves)
        yield {"loss": 1.0}


def reports(config):
    for step in range(2):
        fork(leaves)
        tune.report({"loss": 1.0})


def returns(config):
    fork(leaves)
    return {"loss": 1.0}


results = tune.run(
    globals()[form], {"x": tune.uniform(0, 1)}, metric="loss", mode="min", num_samples=2,
    executor="inline", storage=sys.argv[3], name="forks", verbose=0,
)
print("driver", results.counts, flush=True)
"""


@pytest.mark.parametrize(("leaves", "status"), [("exits", 3), ("raises", 1), ("goes_on", 1)])
@pytest.mark.parametrize(("form", "forks"), [("yields", 4), ("reports", 4), ("returns", 2)])
def test_child_that_leaves_training_code_ends(
    tmp_path: Path, form: str, forks: int, leaves: str, status: int
) -> None:
    """By an exit, an error or a report: the driver alone goes on, and the child has its status."""
    (tmp_path / "main.py").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, str(tmp_path / "main.py"), form, leaves, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert lines == [f"child {status}"] * forks + ["driver {'completed': 2}"], done.stderr[-2000:]
    if leaves == "goes_on" and form != "reports":
        assert "was forked by training code and came out of it: ended here" in done.stderr
    if leaves == "goes_on" and form == "reports":
        assert "tune.report() was called in a process that training code forked" in done.stderr
