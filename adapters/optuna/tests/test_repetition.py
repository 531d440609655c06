"""The same seed gives the same suggestions, in any process and after any interruption."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tunesmith_optuna.searcher import SAMPLERS

SCRIPT = """
import sys
sys.path.insert(0, {folder!r})
from conftest import trace_all
print(trace_all({samplers!r}))
"""


@pytest.mark.parametrize(
    "samplers",
    [
        ("tpe", "nsga2", "random"),
        # The other process has to import SciPy and torch for these.
        pytest.param(("cmaes", "qmc", "gp"), marks=pytest.mark.slow),
    ],
)
def test_processes_and_hash_seeds_agree(traces, samplers):
    """What is suggested depends on the experiment's seed alone."""
    script = SCRIPT.format(folder=str(Path(__file__).parent), samplers=samplers)
    environment = {**os.environ, "PYTHONHASHSEED": "1"}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{traces(samplers)}\n"


def test_seeds_differ(lab):
    """Another seed is another search."""
    assert lab(seed=1).run(3) != lab(seed=2).run(3)


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("steps", [0, 1, 17])
def test_a_restored_searcher_goes_on_as_if_nothing_had_happened(lab, conditional, sampler, steps):
    """State after any number of steps, with trials pending: the next suggestions are the same."""
    startup = {"n_startup_trials": 16} if sampler == "gp" else {}
    left, right = (lab(conditional, sampler=sampler, **startup) for _ in range(2))
    left.run(steps, pending=min(steps, 2))
    right.searcher.restore(left.searcher.state())
    right.configs = dict(left.configs)
    assert right.run(4, start=100) == left.run(4, start=100)
