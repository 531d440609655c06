"""What people ask of an experiment while it goes on is done, or refused with the reason."""

from typing import Any

import pytest

from tunesmith.protocols import Continue, Pause, Stop, commands
from tunesmith.protocols.events import CapacityChanged, ExperimentChanged, RunStarted
from tunesmith.testing.worlds import World


def begun(**options: Any) -> World:
    """Return a world in which two of six trials run."""
    world = World(**{"num_samples": 6, "slots": 2, "length": 9, **options})
    world.deliver()
    for trial in sorted(world.running):
        world.step(trial)
        world.deliver()
    return world


def statuses(world: World) -> list[str]:
    return [world.engine.trial(trial).status for trial in world.suggested]


def test_a_trial_that_runs_is_stopped_for_good() -> None:
    """It ends as stopped, with the reason, the searcher hears of it, and the rest goes on."""
    world = begun()
    assert world.ask("stop", "0001") == ""
    world.run()
    assert statuses(world) == ["stopped", *["completed"] * 5]
    assert world.engine.trial("0001").reason == "stop"
    assert next(tell.status for tell in world.tells if tell.trial == "0001") == "failed"


@pytest.mark.parametrize("action", ["stop", "pause"])
def test_a_trial_that_waits_can_be_asked_too(action: Any) -> None:
    """A pending one is stopped, or paused, before it ever starts."""
    world = begun(lookahead=1)
    assert world.ask(action, "0003") == ""
    world.run()
    assert statuses(world)[2] == ("stopped" if action == "stop" else "paused")
    assert "0003" not in {launch.trial for launch in world.of(commands.Launch)}


def test_a_paused_trial_gives_its_slot_and_goes_on_from_its_checkpoint() -> None:
    """Others run meanwhile; unpaused, it has the next slot."""
    world = begun(saves=True)
    world.step("0001")
    world.save("0001")
    world.ask("pause", "0001")
    for _ in range(3):
        world.step(min(world.running))
        world.deliver()
    assert world.engine.trial("0001").status == "paused"
    assert sorted(world.running) == ["0002", "0003"]
    world.ask("unpause", "0001")
    world.run()
    again = [launch for launch in world.of(commands.Launch) if launch.trial == "0001"][-1]
    assert (again.attempt, again.checkpoint.resource, again.seen) == (2, 1, 1)
    assert set(statuses(world)) == {"completed"}


def test_unpaused_before_it_has_stopped_a_trial_just_goes_on() -> None:
    """The order to stop is on its way, so it starts again at once."""
    world = begun()
    world.ask("pause", "0001")
    world.ask("unpause", "0001")
    world.run()
    assert set(statuses(world)) == {"completed"}


def test_with_only_paused_trials_left_the_run_stops_and_keeps_them() -> None:
    """No hang: it says what to do, and the trials can go on after a resume."""
    world = begun(num_samples=2)
    world.ask("pause", "0002")
    world.run()
    assert world.finish is not None
    assert world.finish.status == "stopped"
    assert "what a person paused: 0002; unpause or stop" in world.finish.reason
    assert statuses(world) == ["completed", "paused"]
    world.finish = None
    world.give(RunStarted(at=99.0))
    world.ask("unpause", "0002")
    world.give(CapacityChanged(at=99.0, slots=2))
    world.run()
    assert set(statuses(world)) == {"completed"}


def test_a_paused_trial_stays_so_over_a_crash() -> None:
    """Also if the driver died before it had stopped."""
    world = begun()
    world.ask("pause", "0001")
    world.running.clear()
    world.inbox.clear()
    world.give(RunStarted(at=9.0))
    world.give(CapacityChanged(at=9.0, slots=2))
    world.run()
    assert statuses(world)[0] == "paused"


def test_a_lost_or_failed_trial_that_was_to_pause_is_paused() -> None:
    """What happens to its worker on the way there does not matter."""
    world = begun(retries={"user_error": 1, "worker_lost": 1})
    for trial in ("0001", "0002"):
        world.ask("pause", trial)
    world.lose("0001")
    world.fail("0002")
    world.run()
    assert statuses(world)[:2] == ["paused", "paused"]


def test_a_paused_run_holds_no_slot_and_goes_on_where_it_was() -> None:
    """Nothing is launched meanwhile, and nothing is lost; a resume unpauses it as well."""
    for go_on in (lambda world: world.ask("unpause"), lambda world: world.give(RunStarted(at=9.0))):
        world = begun()
        assert world.ask("pause") == ""
        for trial in sorted(world.running):
            world.step(trial)
        world.deliver()
        assert not world.running
        assert world.finish is None
        assert world.ask("pause") == "the run is paused already"
        go_on(world)
        world.give(CapacityChanged(at=9.0, slots=2))
        world.run()
        assert set(statuses(world)) == {"completed"}


def test_a_boosted_trial_is_next() -> None:
    """Before those that have waited longer, whatever the scheduler's order."""
    world = begun(lookahead=3)
    assert world.ask("boost", "0005") == ""
    world.run()
    launched = [launch.trial for launch in world.of(commands.Launch)]
    assert launched[:3] == ["0001", "0002", "0005"]


@pytest.mark.parametrize("exhausted", [None, 3])
def test_an_enqueued_configuration_is_one_trial_more(exhausted: int | None) -> None:
    """Also after the searcher has come to its end."""
    world = begun(num_samples=None if exhausted else 4, exhausted_after=exhausted)
    while len(world.suggested) < (exhausted or 4):
        world.step(min(world.running))
        world.deliver()
    assert world.ask("enqueue", config={"x": 7}) == ""
    assert commands.Enqueue(config={"x": 7}) in world.sent
    world.exhausted_after = None if exhausted is None else exhausted + 1
    world.run()
    assert len(world.suggested) == (exhausted or 4) + 1


def test_a_trial_that_a_person_holds_is_not_resumed_by_the_scheduler() -> None:
    """To the scheduler it runs from then on; it does as soon as it is unpaused, unasked."""

    class Remembers:
        """Pauses the first trial once, and resumes it from memory, once the second is over."""

        def on_result(self, trial: Any, result: Any) -> Any:
            is_first = trial.id == "0001" and result.resource == 1
            return Pause("wait") if is_first else Continue()

        def next_trial(self, view: Any) -> str | None:
            if memory and "0003" in view.pending and view.trial("0002").status == "completed":
                return memory.pop()
            return next(iter([*view.pending, *view.paused]), None)

    memory = ["0001"]
    world = World(Remembers(), num_samples=3, slots=1, lookahead=1)
    while "0002" not in world.running:
        world.deliver()
        for trial in sorted(world.running):
            world.step(trial)
    world.ask("pause", "0001")
    world.run()
    assert not memory
    assert statuses(world) == ["paused", "completed", "completed"]
    world.unpause()
    world.run()
    assert set(statuses(world)) == {"completed"}


@pytest.mark.parametrize(
    ("action", "trial", "objection"),
    [
        ("stop", "0009", "there is no trial 0009"),
        ("boost", "0001", "trial 0001 is running; boost takes one that is pending"),
        ("unpause", "0001", "trial 0001 is running; unpause takes one that is held"),
        ("unpause", "", "the run is not paused"),
    ],
)
def test_what_cannot_be_done_is_refused(action: Any, trial: str, objection: str) -> None:
    """With the reason, and nothing happens."""
    assert begun().ask(action, trial) == objection


def test_nothing_can_be_asked_of_a_run_that_ends() -> None:
    """The reason is that of the end; a trial that is over says how it ended."""
    world = begun()
    world.ask("stop")
    assert world.ask("pause", "0001") == "the run is ending (stop)"
    done = begun(num_samples=3)
    while done.engine.trial("0001").status == "running":
        done.step("0001")
        done.deliver()
    assert done.ask("stop", "0001").startswith("trial 0001 is completed; stop takes one that is")


def test_fewer_samples_than_there_are_trials_are_refused() -> None:
    """An extension may shorten a run, but not below what was made."""
    engine = begun().engine
    assert engine.objection(ExperimentChanged(at=9.0, changes={"num_samples": 2})) == ""
    assert engine.objection(ExperimentChanged(at=9.0, changes={"num_samples": 1})) == (
        "num_samples=1: the run has 2 trials already"
    )


class AtThree:
    """Decides at resource 3, and is content after that."""

    def __init__(self, decision: Any) -> None:
        self.decision = decision
        self.asked: list[tuple[str, float]] = []

    def first(self, trial: Any) -> Continue:
        return Continue(until=3)

    def on_result(self, trial: Any, result: Any) -> Any:
        self.asked.append((trial.id, result.resource))
        return self.decision


def interrupted_at_three(**options: Any) -> World:
    """Return a world whose first trial reports 3 as the whole run is being stopped."""
    world = World(**{"num_samples": 2, "slots": 1, "saves": True, **options})
    world.deliver()
    while world.engine.trial("0001").resource < 2:
        world.step("0001")
        world.deliver()
    world.step("0001")
    world.ask("stop")
    world.deliver()
    world.step("0001")
    world.deliver()
    assert world.finish is not None
    assert world.engine.trial("0001").resource == 3
    world.finish = None
    world.give(RunStarted(at=9.0))
    return world


def test_a_decision_that_an_interruption_forestalled_is_taken_before_the_trial_goes_on() -> None:
    """What the scheduler says of the report at which the trial stood is carried out."""
    for decision, statuses_then, launches in (
        (Continue(until=99), ["completed"] * 2, 2),
        (Stop(reason="worse"), ["stopped"] * 2, 1),
        (Stop(reason="done", complete=True), ["completed"] * 2, 1),
        (Pause(reason="not now"), ["stopped"] * 2, 1),
    ):
        scheduler = AtThree(decision)
        world = interrupted_at_three(scheduler=scheduler)
        assert scheduler.asked == []
        world.give(CapacityChanged(at=9.0, slots=1))
        assert scheduler.asked[0] == ("0001", 3)
        world.run()
        assert scheduler.asked == [("0001", 3), ("0002", 3)]
        assert statuses(world) == statuses_then
        again = [one for one in world.of(commands.Launch) if one.trial == "0001"]
        assert len(again) == launches


class UpTo:
    """Is met at a resource."""

    def __init__(self, limit: float) -> None:
        self.limit = limit

    def __call__(self, trial: str, metrics: Any) -> bool:
        return bool(metrics["time_total_s"] >= self.limit)

    def until(self, resource: str) -> float:
        return self.limit

    def bound(self, resource: str) -> float:
        return self.limit

    def extend(self, resource: str, to: float) -> None:
        self.limit = to


def test_a_trial_that_met_its_stop_criterion_as_it_was_interrupted_is_complete() -> None:
    """It is not trained any further, unless the criterion is widened."""
    world = interrupted_at_three(stopper=UpTo(3))
    world.give(CapacityChanged(at=9.0, slots=1))
    world.run()
    assert statuses(world) == ["completed"] * 2
    assert [world.engine.trial(trial).resource for trial in world.suggested] == [3, 3]
    wider = interrupted_at_three(stopper=UpTo(3))
    wider.give(ExperimentChanged(at=9.0, changes={"max_resource": 4}))
    wider.give(CapacityChanged(at=9.0, slots=1))
    wider.run()
    assert statuses(wider) == ["completed"] * 2
    assert [wider.engine.trial(trial).resource for trial in wider.suggested] == [4, 4]
