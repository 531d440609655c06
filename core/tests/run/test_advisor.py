"""The searcher beside the trials."""

import threading
from types import SimpleNamespace

import pytest

from tunesmith._run import advisor
from tunesmith.protocols.commands import Ask


class Stuck:
    """A counsel that answers once it is told to, or is given up."""

    def __init__(self):
        self.go_on = threading.Event()

    def carry_out(self, command):
        self.go_on.wait()
        yield command

    def memory(self):
        return None

    def give_up(self, limit_s):
        return f"given up after {limit_s:g} s"


@pytest.fixture
def clock(monkeypatch):
    """Return a clock that stands still until it is moved."""
    now = SimpleNamespace(s=100.0)
    monkeypatch.setattr(advisor, "monotonic", lambda: now.s)
    return now


def polled(advised, clock, *, seconds, every):
    """Return the answers of so many seconds in which the driver looks in from time to time."""
    answers = []
    for _ in range(int(seconds / every)):
        clock.s += every
        answers += advised.poll()
    return answers


def test_a_searcher_has_its_time_again_after_the_process_was_suspended(clock):
    """It is given up once the limit is over in which the driver looked for its answer."""
    counsel = Stuck()
    advised = advisor.ThreadedAdvisor(counsel, SimpleNamespace(wake=lambda: None), limit_s=10.0)
    advised.submit(Ask(trials=("0001",)))
    assert polled(advised, clock, seconds=9, every=0.5) == []
    clock.s += 3600  # suspended
    assert polled(advised, clock, seconds=9, every=0.5) == []
    assert polled(advised, clock, seconds=2, every=0.5) == ["given up after 10 s"]
    counsel.go_on.set()
    advised.close()
