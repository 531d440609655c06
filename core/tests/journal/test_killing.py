"""A writer that is killed has lost nothing it had been told was written."""

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tunesmith._journal.log import Journal
from tunesmith._journal.reader import Reader
from tunesmith.protocols import events

WRITER = """
import sys
from tunesmith._journal.header import Header
from tunesmith._journal.log import Journal
from tunesmith.protocols import Objective, Report, events

header = Header(name="x", trainable="t", space={}, objectives=(Objective("loss", "min"),),
                searcher={}, scheduler={}, executor={})
journal = Journal.create(sys.argv[1], header)
number = 0
while True:
    batch = []
    for _ in range(7):
        number += 1
        reports = (Report(float(number), {"loss": 1 / number, "text": "x" * 200}),)
        batch.append((events.Reported(at=1.0, trial="0001", attempt=1, reports=reports), ()))
    journal.append(batch)
    print(number, flush=True)
"""


@pytest.mark.parametrize("seed", range(6))
def test_kill_loses_no_acknowledged_event(tmp_path: Path, seed: int) -> None:
    """After kill -9 at a random moment, every event whose append had returned is there, whole."""
    folder = tmp_path / "run"
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for _ in range(random.Random(seed).randrange(1, 400)):
        acknowledged = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    rest, _ = process.communicate()
    acknowledged = int(([acknowledged, *rest.split()])[-1])

    reader = Reader(folder)
    numbers = [
        event.reports[0].resource
        for _, event in reader.events()
        if isinstance(event, events.Reported)
    ]
    assert reader.state() == "interrupted"
    assert len(numbers) >= acknowledged
    assert len(numbers) % 7 == 0, "an append is all or nothing"
    assert numbers == list(range(1, len(numbers) + 1))
    Journal.open(folder).close()


def test_a_live_writer_does_not_hold_readers_up(tmp_path: Path) -> None:
    """Reading while another process writes as fast as it can sees ever more, in order."""
    folder = tmp_path / "run"
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        seen = 0
        for _ in range(5):
            acknowledged = int(process.stdout.readline())
            reader = Reader(folder)
            assert reader.state() == "running"
            last = reader.last
            assert last >= max(acknowledged, seen)
            assert len(reader.select("SELECT value FROM results")) >= last
            seen = last
            reader.close()
    finally:
        process.kill()
        process.communicate()
