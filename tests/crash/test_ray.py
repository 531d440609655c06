"""A driver on Ray killed at random moments loses nothing that it had shown, and leaves nothing."""

import os
import random
import signal
import time
from pathlib import Path

import pytest


@pytest.mark.parametrize("seed", range(8))
def test_kill_loses_no_result_that_was_shown(victim, check, cluster, seed):
    """After kill -9 of a driver whose trials run elsewhere, all it had shown is on disk."""
    rng = random.Random(100 + seed)
    run = victim("ray", cluster)
    run.wait_for(rng.randrange(1, 250))
    time.sleep(rng.random() * 0.05)
    run.kill()
    check(run)


def descendants(pid):
    """Return the processes below `pid`, itself excepted, as pid and start time."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (stat := read_stat(int(folder.name))):
            parents[int(folder.name)] = int(stat[1])
    found, wave = set(), {pid}
    while wave:
        wave = {child for child, parent in parents.items() if parent in wave} - found
        found |= wave
    return {(child, started(child)) for child in found}


def read_stat(pid):
    """Return the fields of /proc/PID/stat after the name; None if there is no such process."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def started(pid):
    """Return when a process started, which with its pid tells it from all others."""
    stat = read_stat(pid)
    return stat[19] if stat else None


def is_alive(pid, start):
    """Tell whether that very process still runs."""
    stat = read_stat(pid)
    return stat is not None and stat[19] == start and stat[0] not in "ZX"


AGENTS = ("ray::DashboardAgent", "ray::RuntimeEnvAgent")
"""Idle processes of Ray's that give themselves a minute to notice the end."""


def title(pid):
    """Return what a process calls itself."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()
    except OSError:
        return ""


def test_a_killed_driver_takes_its_own_ray_along(victim, check):
    """Workers and servers of a Ray that the driver had started end after its death."""
    run = victim("ray")
    run.wait_for(30)
    family = descendants(run.process.pid)
    agents = {one for one in family if title(one[0]).startswith(AGENTS)}
    assert len(family - agents) > 3
    run.kill()
    check(run)
    deadline = time.monotonic() + 30
    while any(is_alive(*one) for one in family - agents) and time.monotonic() < deadline:
        time.sleep(0.1)
    left = [one for one in family if is_alive(*one)]
    names = [title(pid) for pid, _ in left]
    for pid, _ in left:
        os.kill(pid, signal.SIGKILL)
    assert set(names) <= set(AGENTS)
