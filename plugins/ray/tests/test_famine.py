"""A run that gets no worker says so, and within a trial it ends."""

import logging
from types import SimpleNamespace
from typing import Any

import pytest

from tunesmith.protocols import Resources
from tunesmith.protocols.commands import Launch
from tunesmith_ray.crew import Crew
from tunesmith_ray.demand import Demand
from tunesmith_ray.famine import END_S, WORD_S, Famine
from tunesmith_ray.link import Job

NEED = "a trial needs {cpu: 2}; {cpu: 1} is free. "


class Watch:
    """A run whose first trial waits, on a clock of its own."""

    def __init__(self, **options: Any) -> None:
        self.now = 0.0
        self.free = {"CPU": 1.0}
        self.crew = Crew(Demand.of(Resources(({"cpu": 2.0},))))
        self.crew.backlog.append(Job(Launch(trial="0001", attempt=1, config={})))
        self.famine = Famine(lambda: self.free, clock=lambda: self.now, **options)

    def until(self, end: float) -> list[str]:
        """Look twice a second, as a driver does; return the reasons to give the run up."""
        found = []
        while self.now < end:
            found.append(self.famine.look(self.crew))
            self.now += 0.5
        return [reason for reason in found if reason]


def test_one_word_is_said_and_the_run_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    """With the arithmetic; others may be done at last, however long that takes."""
    watch = Watch(nested=False)
    with caplog.at_level(logging.WARNING):
        assert watch.until(WORD_S) == []
        assert not caplog.records
        assert watch.until(5 * END_S) == []
    (record,) = caplog.records
    assert record.getMessage().startswith(f"no trial could begin for {WORD_S:.0f} s: {NEED}What")


def test_run_within_a_trial_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    """The trial that it is part of may hold what it waits for; the message says what to change."""
    watch = Watch(nested=True)
    with caplog.at_level(logging.WARNING):
        assert watch.until(END_S) == []
        (reason,) = watch.until(2 * END_S)
    assert len(caplog.records) == 1
    assert reason.startswith(f"no trial could begin for {END_S:.0f} s: {NEED}This run is part of")
    assert "give it executor='inline', or the outer run a max_concurrent=" in reason


def test_patience_of_its_own_holds_within_a_trial() -> None:
    """`wait_for_resources` that is longer is waited for."""
    watch = Watch(nested=True, patience_s=3 * END_S)
    assert watch.until(3 * END_S) == []
    assert watch.until(4 * END_S)


@pytest.mark.parametrize("nested", [True, False])
def test_worker_that_is_being_made_is_waited_for(
    caplog: pytest.LogCaptureFixture,
    nested: bool,
) -> None:
    """Where there is room, or a worker was up once, or no trial waits, nothing is said."""
    roomy, up, idle = (Watch(nested=nested) for _ in range(3))
    roomy.free = {"CPU": 2.0}
    up.crew.links.append(SimpleNamespace(greeting=object()))  # type: ignore[arg-type]
    up.until(1.0)
    up.crew.links.clear()
    idle.crew.backlog.clear()
    with caplog.at_level(logging.WARNING):
        assert [watch.until(3 * END_S) for watch in (roomy, up, idle)] == [[], [], []]
    assert not caplog.records
