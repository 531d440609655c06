"""A trial that does not report for too long is ended, and counts as a failure of its own kind."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunesmith._engine.silence import LATE_S
from tunesmith.protocols import commands
from tunesmith.protocols.events import DeadlineReached, RunStarted
from tunesmith.testing.worlds import World


def hung(**settings: Any) -> World:
    """Return a world in which the first of two trials was last heard of at 2, the other at 9."""
    world = World(
        **{"num_samples": 2, "slots": 2, "length": 5, "trial_timeout_s": 10.0, **settings}
    )
    world.deliver()
    for trial in ("0001", "0001", "0002"):
        world.step(trial)
        world.deliver()
    world.now = 8.0
    world.step("0002")
    world.deliver()
    return world


def alarms(world: World) -> list[float]:
    return [alarm.at for alarm in world.of(commands.WakeAt)]


def ring(world: World) -> None:
    """Let the newest alarm go off."""
    world.now = alarms(world)[-1]
    world.give(DeadlineReached(at=world.now, name="silence"))


def test_there_is_one_alarm_at_a_time() -> None:
    """However many trials report; the next one is for whoever was heard of longest ago."""
    world = hung()
    assert alarms(world) == [10.0]
    ring(world)
    assert alarms(world) == [10.0, 12.0]
    assert not world.of(commands.Stop)


def test_a_silent_trial_is_stopped_and_has_failed() -> None:
    """With the reason, and without touching the others."""
    world = hung()
    ring(world)
    ring(world)
    (stop,) = world.of(commands.Stop)
    assert (stop.trial, stop.outcome) == ("0001", "interrupted")
    assert alarms(world)[-1] == 19.0
    world.run()
    assert world.engine.counts() | {"failed": 1, "completed": 1} == world.engine.counts()
    assert world.engine.trial("0001").reason == "no report for 10 s (trial_timeout_s)"
    assert next(tell.status for tell in world.tells if tell.trial == "0001") == "failed"


@given(late=st.floats(1.01 * LATE_S, 1e6))
def test_who_was_suspended_itself_ends_nobody(late: float) -> None:
    """An alarm that comes late gives each trial its time once more; then the limit holds again."""
    world = hung()
    world.now = alarms(world)[-1] + late
    world.give(DeadlineReached(at=world.now, name="silence"))
    assert not world.of(commands.Stop)
    assert alarms(world)[-1] == world.now + 10.0
    ring(world)
    assert {stop.trial for stop in world.of(commands.Stop)} == {"0001", "0002"}


@pytest.mark.parametrize("how", ["step", "lose"])
def test_a_timeout_is_retried_as_its_kind_says(how: str) -> None:
    """Whether it obeyed at last or its worker had to be killed."""
    world = hung(retries={"timeout": 1})
    ring(world)
    ring(world)
    getattr(world, how)("0001")
    world.run()
    assert world.engine.counts()["completed"] == 2
    assert world.engine.trial("0001").attempt == 2


def test_after_a_crash_there_is_an_alarm_again() -> None:
    """The new driver knows nothing of the old one's."""
    world = hung()
    world.running.clear()
    world.inbox.clear()
    world.now = 50.0
    world.unpause()
    world.give(RunStarted(at=50.0))
    world.unpause()
    world.deliver()
    for trial in sorted(world.running):
        world.step(trial)
    world.deliver()
    assert alarms(world)[-1] == 60.0


def test_out_of_memory_a_trial_runs_alone() -> None:
    """It waits until all others are done, and nothing starts beside it."""
    world = World(num_samples=5, slots=3, length=4, retries={"oom": 1})
    world.deliver()
    for trial in sorted(world.running):
        world.step(trial)
    world.lose("0002", "oom")
    world.deliver()
    beside = []
    while world.finish is None:
        world.deliver()
        for trial in sorted(world.running):
            world.step(trial)
            if "0002" in world.running:
                beside.append(len(world.running))
    assert set(beside) == {1}
    assert world.engine.counts()["completed"] == 5
    assert world.engine.trial("0002").attempt == 2
    first = [launch.trial for launch in world.of(commands.Launch)]
    assert first == ["0001", "0002", "0003", "0002", "0004", "0005"]
