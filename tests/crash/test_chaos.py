"""A node dies under load, another one joins: the run goes on, and uses what there is."""

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tunesmith._cli.main import run as tunesmith
from tunesmith._journal.reader import Reader
from tunesmith.protocols.events import CheckpointSaved, TrialLost

PROGRAM = Path(__file__).parent / "nodes.py"
SAMPLES = 150
EPOCHS = 8


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_run_outlives_a_node_and_uses_a_new_one(tmp_path):
    """Every trial comes to its end, those of the lost node elsewhere, from their checkpoints."""
    command = [sys.executable, str(PROGRAM), str(tmp_path), str(SAMPLES)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=280, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr[-5000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["state"] == "completed"
    assert told["counts"] == {"completed": SAMPLES}
    assert told["histories"] == [list(range(1, EPOCHS + 1))] * SAMPLES
    used = {node for nodes in told["nodes"] for node in nodes}
    assert {told["killed"], told["added"]} <= used
    assert len(used) == 4
    folder = tmp_path / "chaos"
    with contextlib.closing(Reader(folder)) as reader:
        events = [event for _, event in reader.events()]
    lost = [event for event in events if isinstance(event, TrialLost)]
    assert lost
    assert {event.failure for event in lost} == {"node_lost"}
    for one in lost:
        before = events[: events.index(one)]
        saved = [e for e in before if isinstance(e, CheckpointSaved) and e.trial == one.trial]
        newest = max((int(e.checkpoint.resource) for e in saved), default=0)
        assert told["from"][int(one.trial) - 1] >= newest
    print(f"{len(lost)} trials lost; the new node in use after {told['used_after_s']:.1f} s")
    assert tunesmith(["replay", str(folder)]) == 0
