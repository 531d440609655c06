"""`verbose=0` prints nothing, whatever happens beneath."""

import subprocess
import sys

import pytest

CODE = """
import sys

import tunesmith as tune


def train(config):
    if config["x"] > 0.5:
        raise ValueError("too large")
    for epoch in range(3):
        yield {"loss": config["x"] / (epoch + 1)}


results = tune.run(
    train,
    {"x": tune.uniform(0, 1)},
    metric="loss",
    mode="min",
    searcher="optuna",
    scheduler="asha",
    points_to_evaluate=[{"x": 0.1}, {"x": 0.9}, {"x": 0.3}],
    num_samples=3,
    executor=sys.argv[1],
    verbose=0,
)
assert len(results) == 3
assert results["0002"].status == "failed"
"""


@pytest.mark.parametrize("executor", ["inline", "ray"])
def test_nothing_is_printed_when_nothing_is_wanted(tmp_path, executor):
    """Neither tunesmith nor the libraries beneath it write to stdout or stderr, boot included."""
    (tmp_path / "program.py").write_text(CODE, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "program.py", executor],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=55,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
