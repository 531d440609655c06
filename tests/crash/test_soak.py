"""Thousands of trials while workers die: all are accounted for, and the driver does not grow."""

import contextlib
import json
import os
import random
import re
import signal
import time
from pathlib import Path

import pytest
from crash.conftest import Victim

import tunesmith as tune
from tunesmith._journal.reader import Reader

TRIALS = 5000
GROWTH = 24 * 2**20
"""Bytes by which the driver's resident memory may grow over the last three quarters of the run.

Each finished trial may leave 2 KiB behind; the rest is room for the allocator.
"""

NEWEST = "SELECT body FROM events WHERE kind = 'TrialStarted' ORDER BY seq DESC LIMIT 40"


def workers(folder):
    """Return the processes in which the newest trials were started, those alive."""
    with contextlib.closing(Reader(folder)) as reader:
        started = [json.loads(body) for (body,) in reader.select(NEWEST)]
    pids = {int(one["worker"].rpartition(":")[2]) for one in started}
    return sorted(pid for pid in pids if is_worker(pid))


def is_worker(pid):
    """Tell whether there is such a process, and it is one of Ray's."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().startswith("ray::")
    except OSError:
        return False


def resident(pid):
    """Return a process's resident memory in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_thousands_of_trials_outlive_their_workers(tmp_path, cluster):
    """Each trial reports once, with its own result, whatever became of the process it began in."""
    rng = random.Random(1)
    driver = Victim(tmp_path, cluster, str(TRIALS), program="tiny.py")
    killed, memory, begun = 0, [], time.monotonic()
    try:
        driver.wait_for(20)
        while not driver.said:
            time.sleep(rng.uniform(1.0, 2.5))
            driver.look()
            if driver.said:
                break
            memory.append((len(driver.shown), resident(driver.process.pid)))
            if alive := workers(driver.folder):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(rng.choice(alive), signal.SIGKILL)
                killed += 1
        assert driver.wait_for_end() == 0
    finally:
        driver.kill()
    assert driver.said == [f"ended completed {TRIALS}"]
    assert killed >= 10
    early = max(rss for count, rss in memory if count <= TRIALS // 4)
    late = max(rss for count, rss in memory)
    print(
        f"{killed} workers killed in {time.monotonic() - begun:.0f} s; the driver had "
        f"{early / 2**20:.1f} MiB after a quarter, {late / 2**20:.1f} MiB at most"
    )
    assert late - early <= GROWTH
    with contextlib.closing(tune.load(driver.folder)) as results:
        assert results.counts == {"completed": TRIALS}
        assert [trial.id for trial in results] == [f"{n:04d}" for n in range(1, TRIALS + 1)]
        for trial in results:
            assert [row["loss"] for row in trial.history] == [trial.config["x"] ** 2]
    assert len(driver.shown) == len(set(driver.shown)) == TRIALS
