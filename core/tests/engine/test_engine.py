"""The engine decides what an experiment does next, from events alone."""

import math
from collections.abc import Callable
from typing import Any

import pytest

from tunesmith._engine.engine import InvalidTransition
from tunesmith.protocols import Continue, Fork, Pause, Reallocate, Report, Resources, Stop, commands
from tunesmith.protocols.events import (
    CapacityChanged,
    ControlRequested,
    DeadlineReached,
    ExecutorFailed,
    Reported,
    RunStarted,
    SearchEnded,
    TrialEnded,
    TrialPaused,
    TrialStarted,
)
from tunesmith.testing.worlds import ERROR, Fifo, World


class Scripted:
    """Decides by a function of trial id and resource; trials run report by report."""

    def __init__(self, decide: Callable[[str, float], Any]) -> None:
        self.decide = decide
        self.asked: list[tuple[str, float]] = []
        self.ended: list[str] = []

    def on_result(self, trial: Any, result: Any) -> Any:
        self.asked.append((trial.id, result.resource))
        return self.decide(trial.id, result.resource)

    def on_trial_end(self, trial: Any) -> None:
        self.ended.append(trial.id)


def test_every_trial_runs_to_its_end_and_no_more_than_asked_for() -> None:
    """With FIFO, num_samples trials are made, all complete, and the run is completed."""
    world = World(num_samples=7, slots=3)
    world.run()
    assert world.finish == commands.Finish(status="completed", reason="")
    assert world.engine.counts()["completed"] == 7
    assert world.peak == 3


def test_an_exhausted_searcher_ends_an_open_ended_run() -> None:
    """With num_samples=None the run ends once the searcher is exhausted and all trials are over."""
    world = World(num_samples=None, exhausted_after=5)
    world.run()
    assert world.engine.counts()["completed"] == 5


def test_lookahead_asks_before_a_slot_is_free() -> None:
    """With lookahead the searcher is asked for that many trials beyond the slots."""
    world = World(num_samples=9, slots=2, lookahead=1)
    assert world.of(commands.Ask)[0].trials == ("0001", "0002", "0003")


def test_fewer_slots_start_fewer_trials_and_more_slots_more() -> None:
    """Capacity is followed in both directions, and running trials are left alone."""
    world = World(num_samples=9, slots=3)
    world.deliver()
    world.give(CapacityChanged(at=1.0, slots=1))
    for _ in range(20):
        for trial in sorted(world.running):
            world.step(trial)
        world.deliver()
    assert len(world.running) == 1
    world.give(CapacityChanged(at=2.0, slots=3))
    world.deliver()
    assert len(world.running) == 3


def test_the_scheduler_is_asked_only_where_it_wants_to_be() -> None:
    """Continue(until=r) lets reports below r pass without a decision."""
    scheduler = Scripted(lambda trial, resource: Continue(until=resource * 3))
    world = World(scheduler, num_samples=1, length=27)
    world.run()
    assert [resource for _, resource in scheduler.asked] == [1, 3, 9, 27]


def test_a_stopped_trial_frees_its_slot_and_tells_why() -> None:
    """Stop ends the trial as stopped, with its reason, and the scheduler hears of the end."""
    scheduler = Scripted(lambda trial, resource: Stop("too bad") if resource > 1 else Continue())
    world = World(scheduler, num_samples=2)
    world.run()
    assert world.engine.counts()["stopped"] == 2
    assert world.engine.trial("0001").reason == "too bad"
    assert sorted(scheduler.ended) == ["0001", "0002"]


def test_a_complete_stop_counts_as_trained_to_the_end() -> None:
    """Stop(complete=True) gives status completed and a completed observation."""
    world = World(Scripted(lambda t, r: Stop("max", complete=True)), num_samples=1)
    world.run()
    assert world.engine.counts()["completed"] == 1
    assert world.tells[-1].status == "completed"


def test_a_paused_trial_is_resumed_from_its_checkpoint() -> None:
    """A pause frees the slot; next_trial brings the trial back where it was, as a new attempt."""

    class PauseOnce(Scripted):
        def next_trial(self, view: Any) -> str | None:
            return next(iter([*view.pending, *view.paused]), None)

    scheduler = PauseOnce(lambda t, r: Pause("wait") if r == 2 else Continue())
    world = World(scheduler, num_samples=2, slots=1)
    world.run()
    launches = [launch for launch in world.of(commands.Launch) if launch.trial == "0001"]
    assert [launch.attempt for launch in launches] == [1, 2]
    assert launches[1].checkpoint.resource == launches[1].seen == 2
    assert world.engine.counts()["completed"] == 2


def test_paused_trials_nobody_resumes_are_stopped_at_the_end() -> None:
    """The run does not wait for trials that the scheduler never resumes; they end as stopped."""
    scheduler = Scripted(lambda t, r: Pause("wait"))
    scheduler.next_trial = lambda view: next(iter(view.pending), None)  # type: ignore[attr-defined]
    world = World(scheduler, num_samples=3)
    world.run()
    assert world.engine.counts()["stopped"] == 3
    assert world.finish is not None
    assert world.finish.status == "completed"


def test_review_ends_paused_trials() -> None:
    """review() may stop trials that are paused, without their being launched again."""

    class Reviewing(Scripted):
        def next_trial(self, view: Any) -> str | None:
            return next(iter(view.pending), None)

        def review(self) -> dict[str, Any]:
            return (
                {"0001": Stop("lost its bracket")}
                if "0002" in dict(self.asked) and self.take()
                else {}
            )

        def take(self) -> bool:
            done, self.done = getattr(self, "done", False), True
            return not done

    scheduler = Reviewing(lambda t, r: Pause("wait") if t == "0001" else Continue())
    world = World(scheduler, num_samples=2, slots=1)
    world.run()
    assert world.engine.trial("0001").reason == "lost its bracket"


def test_a_fork_restarts_from_the_sources_checkpoint_with_the_new_config() -> None:
    """Fork stops the attempt, then launches the next one from the source's checkpoint."""
    forks = [Fork("0002", {"x": 99})]
    scheduler = Scripted(
        lambda t, r: forks.pop() if forks and (t, r) == ("0001", 4) else Continue()
    )
    world = World(scheduler, num_samples=2, length=6)
    world.deliver()
    for _ in range(4):
        world.step("0002")
        world.deliver()
    world.save("0002")
    while len([c for c in world.of(commands.Launch) if c.trial == "0001"]) < 2:
        world.step("0001")
        world.deliver()
    launch = world.of(commands.Launch)[-1]
    assert (launch.attempt, launch.config, launch.checkpoint.trial) == (2, {"x": 99}, "0002")
    assert launch.seen == launch.checkpoint.resource == 3
    world.run()


def test_a_fork_without_a_durable_source_changes_nothing() -> None:
    """Fork from a trial that has no checkpoint lets the trial go on as it was."""
    world = World(Scripted(lambda t, r: Fork("0002", {"x": 99}) if t == "0001" else Continue()))
    world.run()
    assert all(launch.attempt == 1 for launch in world.of(commands.Launch))


class Barrier(Scripted):
    """Pauses every trial at resource 2, then has 0001 go on as a clone of 0002."""

    def __init__(self, answer: Any = None) -> None:
        super().__init__(lambda t, r: Pause("waits") if r == 2 else Continue())
        self.answer = answer or Fork("0002", {"x": 99})
        self.firsts: list[tuple[str, float]] = []
        self.reviews = 0

    def first(self, trial: Any) -> Continue:
        self.firsts.append((trial.id, trial.resource))
        return Continue(until=2 if trial.resource < 2 else math.inf)

    def next_trial(self, view: Any) -> str | None:
        met = not view.running and not view.pending
        return next(iter([*view.pending, *(view.paused if met else [])]), None)

    def review(self) -> dict[str, Any]:
        self.reviews += 1
        is_met = len([a for a in self.asked if a[1] == 2]) == 2 and "0001" not in self.ended
        return {"0001": self.answer} if is_met and not self._left() else {}

    def _left(self) -> bool:
        return ("0001", 2) in self.firsts


def test_review_forks_a_paused_trial_once_and_before_it_is_resumed() -> None:
    """A fork of a trial that waits shows in its next launch; repeating it changes nothing."""
    scheduler = Barrier()
    world = World(scheduler, num_samples=2, length=4)
    world.run()
    resumed = [c for c in world.of(commands.Launch) if (c.trial, c.attempt) == ("0001", 2)]
    assert [(c.config, c.checkpoint.trial, c.seen) for c in resumed] == [({"x": 99}, "0002", 2)]
    assert ("0001", 2) in scheduler.firsts
    assert scheduler.reviews > 3
    assert world.engine.counts()["completed"] == 2


def test_a_restart_amid_a_fork_goes_on_as_the_fork_was_to() -> None:
    """A fork whose restart a crash cuts off runs as far as the scheduler said before it.

    It begins now: where the trial was on its clock before is not where the clone comes from.
    """
    forks = [Fork("0002", {"x": 99})]

    class Forking(Scripted):
        def first(self, trial: Any) -> Continue:
            return Continue(until=trial.resource + 3)

    world = World(
        Forking(lambda t, r: forks.pop() if forks and t == "0001" else Continue()),
        num_samples=2,
        length=9,
    )
    world.deliver()
    for _ in range(2):
        world.step("0002")
        world.deliver()
    world.save("0002")
    world.deliver()
    while not world.running["0001"].order:
        world.step("0001")
        world.deliver()
    world.running.clear()
    world.give(RunStarted(at=world.now))
    world.give(CapacityChanged(at=world.now, slots=2))
    launch = next(c for c in reversed(world.of(commands.Launch)) if c.trial == "0001")
    assert (launch.config, launch.checkpoint.trial, launch.until) == ({"x": 99}, "0002", 1 + 3)
    assert launch.anchor is None


def test_a_fork_keeps_the_best_checkpoint_that_it_leaves_behind() -> None:
    """The best checkpoint before a fork stays until the trial is better than it was."""
    world = World(
        Scripted(lambda t, r: Fork("0001", {"x": 9}) if (r, world.now) == (3, 4) else Continue()),
        num_samples=1,
        length=7,
    )
    world.deliver()
    world.step("0001")
    world.deliver()
    losses = {(1, 1): 0.5, (2, 1): 0.1, (3, 1): 0.9, (4, 2): 0.7, (5, 2): 0.6, (6, 2): 0.05}
    while "0001" in world.running:
        attempt = world.running["0001"]
        number = attempt.launch.attempt
        loss = losses.get((int(attempt.at) + 1, number), 1.0)
        at = attempt.at
        world.step("0001", loss)
        if "0001" in world.running and attempt.at > at:
            report = world.inbox.pop()
            world.save("0001")
            world.inbox.append(report)
        world.deliver()
    dropped = [c.checkpoint.resource for c in world.of(commands.DropCheckpoint)]
    assert world.of(commands.Launch)[-1].config == {"x": 9}
    assert dropped == [1, 3, 4, 2, 5], "2 stays until 6 is better"


def test_what_only_a_fork_still_needs_goes_with_it() -> None:
    """With keep=0, a checkpoint of an ended trial stays while a clone starts from it."""
    forks = [Fork("0002", {"x": 99})]
    world = World(
        Scripted(lambda t, r: forks.pop() if forks and (t, r) == ("0001", 4) else Continue()),
        num_samples=2,
        keep=0,
        length=6,
    )
    world.deliver()
    for trial in ("0001", "0002"):
        for _ in range(4):
            world.step(trial)
            world.deliver()
        world.save(trial)
    while forks:
        world.step("0001", 0.5)
        world.deliver()
    while "0002" in world.running:
        world.step("0002", 2.0)
        world.deliver()
    world.step("0001")
    world.deliver()
    origin = world.running["0001"].launch.checkpoint
    assert origin.trial == "0002"
    assert origin not in [c.checkpoint for c in world.of(commands.DropCheckpoint)]
    assert origin.path in world.engine.checkpoints()
    world.step("0001")
    world.save("0001")
    world.deliver()
    assert [c.checkpoint for c in world.of(commands.DropCheckpoint)].count(origin) == 1


def test_a_checkpoint_saved_on_the_way_to_a_restart_counts() -> None:
    """What a reallocated trial saves as it is interrupted is what it goes on from."""
    more = Resources(bundles=({"cpu": 4.0},))
    world = World(Scripted(lambda t, r: Reallocate(more) if r == 3 else Continue()), num_samples=1)
    world.deliver()
    for at in range(4):
        world.step("0001")
        if at == 1:
            world.save("0001")
        world.deliver()
    assert world.running["0001"].order is not None
    world.save("0001")
    world.run()
    assert world.of(commands.Launch)[-1].checkpoint.resource == 3


def test_a_reallocation_relaunches_with_the_new_resources() -> None:
    """Reallocate restarts the trial from its own checkpoint with other resources."""
    more = Resources(bundles=({"cpu": 4.0},))
    scheduler = Scripted(lambda t, r: Reallocate(more) if r == 3 else Continue())
    world = World(scheduler, num_samples=1)
    world.deliver()
    for _ in range(3):
        world.step("0001")
        world.deliver()
    world.save("0001")
    world.run()
    launch = world.of(commands.Launch)[-1]
    assert (launch.attempt, launch.resources, launch.seen) == (2, more, 3)


def test_a_paused_trial_gives_its_other_resources_back() -> None:
    """What a Reallocate gave is held until a pause; the resumed trial has the usual resources."""
    more = Resources(bundles=({"cpu": 4.0},))
    decisions = {2.0: Reallocate(more), 3.0: Pause("wait")}

    class Resuming(Scripted):
        def next_trial(self, view: Any) -> str | None:
            return next(iter([*view.pending, *view.paused]), None)

    scheduler = Resuming(lambda t, r: decisions.get(r, Continue()))
    world = World(scheduler, num_samples=1, saves=True)
    world.run()
    launches = [(one.seen, one.resources) for one in world.of(commands.Launch)]
    assert launches == [(0, None), (2, more), (3, None)]


def test_a_lost_trial_goes_on_from_its_newest_checkpoint() -> None:
    """A lost worker costs an attempt; the next starts from the checkpoint and repeats no result."""
    world = World(num_samples=1, retries={"worker_lost": 1}, length=6)
    world.deliver()
    for step in range(5):
        world.step("0001")
        world.deliver()
        if step == 2:
            world.save("0001")
    world.lose("0001")
    world.deliver()
    launch = world.of(commands.Launch)[-1]
    assert (launch.attempt, launch.checkpoint.resource, launch.seen) == (2, 2, 4)
    world.run()
    assert world.engine.counts()["completed"] == 1


def test_retries_are_counted_by_kind() -> None:
    """A trial fails for good once its kind of failure has used up its retries."""
    world = World(num_samples=1, retries={"user_error": 2})
    for _ in range(3):
        world.deliver()
        world.fail("0001")
    world.run()
    assert world.engine.counts()["failed"] == 1
    assert len(world.of(commands.Launch)) == 3
    assert world.tells[-1].status == "failed"


def test_fail_fast_ends_the_run_at_the_first_failure() -> None:
    """With fail_fast the other trials are stopped and the run has failed, naming the error."""
    world = World(num_samples=9, fail_fast=True)
    world.deliver()
    world.fail("0001")
    world.run()
    assert world.finish is not None
    assert world.finish.status == "failed"
    assert "bad lr" in world.finish.reason
    assert world.engine.counts()["pending"] == 0


@pytest.mark.parametrize(("good_first", "ends"), [(False, True), (True, False)])
def test_identical_failures_end_a_run_only_if_nothing_else_happened_first(
    *, good_first: bool, ends: bool
) -> None:
    """N equal errors as the first N ends stop the experiment; a success before them does not."""
    world = World(num_samples=20, slots=1, identical_failures=3)
    if good_first:
        world.deliver()
        while "0001" in world.running:
            world.step("0001")
            world.deliver()
    for _ in range(3):
        world.deliver()
        world.fail(next(iter(world.running)))
        world.deliver()
    assert (world.finish is not None and world.finish.status == "failed") is ends


def test_late_events_are_ignored_and_counted() -> None:
    """An event of an attempt that is over changes nothing."""
    world = World(num_samples=1, retries={"worker_lost": 1})
    world.deliver()
    world.step("0001")
    world.deliver()
    world.lose("0001")
    world.deliver()
    old = Reported(at=1.0, trial="0001", attempt=1, reports=(Report(3.0, {"loss": 0.0}),))
    assert world.give(old) == ()
    assert world.engine.ignored["Reported"] == 1
    assert world.engine.trial("0001").resource == 0.0
    world.run()


def test_a_contradiction_raises_with_the_trials_story() -> None:
    """An event that cannot happen raises InvalidTransition, which tells what came before."""
    world = World(num_samples=1)
    world.deliver()
    world.step("0001")
    world.deliver()
    with pytest.raises(InvalidTransition, match="TrialStarted while starting"):
        world.give(TrialPaused(at=1.0, trial="0001", attempt=1))


def test_events_from_the_future_are_contradictions() -> None:
    """An attempt that was never launched cannot report."""
    world = World(num_samples=1)
    world.deliver()
    with pytest.raises(InvalidTransition, match="future"):
        world.give(TrialStarted(at=1.0, trial="0001", attempt=5))


def test_reports_seen_before_are_dropped() -> None:
    """A report at a resource already known is neither decided on nor told."""
    scheduler = Scripted(lambda t, r: Continue())
    world = World(scheduler, num_samples=1)
    world.deliver()
    world.step("0001")
    world.step("0001")
    world.deliver()
    repeated = next(e for e in world.history if isinstance(e, Reported))
    world.give(repeated)
    assert scheduler.asked == [("0001", 1)]


def test_a_time_budget_wakes_stops_and_completes() -> None:
    """The engine asks to be woken; at the deadline trials are stopped and the run is completed."""
    world = World(num_samples=9, time_budget_s=60.0, length=1000)
    assert world.of(commands.WakeAt) == [commands.WakeAt(at=60.0, name="time_budget")]
    world.deliver()
    world.give(DeadlineReached(at=60.0, name="time_budget"))
    world.run()
    assert world.finish is not None
    assert world.finish.status == "completed"
    assert "60 s" in world.finish.reason


def test_time_spent_down_costs_no_budget() -> None:
    """After a resume the rest of the budget counts from the new start."""
    world = World(num_samples=9, time_budget_s=60.0, length=1000)
    world.deliver()
    world.now = 19.0
    world.step("0001")
    world.deliver()
    world.running.clear()
    world.give(RunStarted(at=1000.0))
    assert world.of(commands.WakeAt)[-1].at == 1040.0


def test_a_stop_request_leaves_trials_to_be_resumed() -> None:
    """After a stop by the user nothing is retired: a later start launches the same trials."""
    world = World(num_samples=6, length=50)
    world.deliver()
    for trial in list(world.running):
        world.step(trial)
    world.give(ControlRequested(at=5.0, action="stop"))
    world.run()
    assert world.finish is not None
    assert world.finish.status == "stopped"
    assert world.engine.counts()["stopped"] == 0
    world.finish = None
    world.give(RunStarted(at=9.0))
    world.give(CapacityChanged(at=9.0, slots=2))
    world.run()
    assert world.engine.counts()["completed"] == 6


def test_a_restart_relaunches_what_ran() -> None:
    """RunStarted after a crash launches the trials that ran, as new attempts, in their order."""
    world = World(num_samples=6, slots=2)
    world.deliver()
    world.running.clear()
    world.give(RunStarted(at=9.0))
    world.give(CapacityChanged(at=9.0, slots=2))
    world.deliver()
    assert [(c.trial, c.attempt) for c in world.of(commands.Launch)[-2:]] == [
        ("0001", 2),
        ("0002", 2),
    ]
    world.run()


def test_a_pause_that_was_cut_off_is_carried_out_again() -> None:
    """A trial that had been told to pause gets back to that point and saves itself there."""
    rung = Scripted(lambda trial, resource: Pause("rung") if resource == 3 else Continue(until=3))
    world = World(rung, num_samples=1, slots=1)
    world.deliver()
    while not world.of(commands.Pause):
        if world.inbox:
            world.give(world.inbox.popleft())
        else:
            world.step("0001")
    world.running.clear()
    world.inbox.clear()
    world.give(RunStarted(at=9.0))
    world.give(CapacityChanged(at=9.0, slots=1))
    launch = world.of(commands.Launch)[-1]
    assert (launch.attempt, launch.seen, launch.pauses) == (2, 3, True)
    assert world.engine.counts()["running"] == 1
    while world.running:
        world.step("0001")
        world.deliver()
    assert world.engine.trial("0001").checkpoint is not None


def test_a_failing_scheduler_ends_the_run_and_is_named() -> None:
    """A scheduler that raises ends the run cleanly, naming the plugin and the call."""

    def explode(trial: str, resource: float) -> Any:
        raise ZeroDivisionError("rung 0")

    world = World(Scripted(explode), scheduler_name="boom")
    world.run()
    assert world.finish is not None
    assert world.finish.status == "failed"
    assert "scheduler 'boom' failed in on_result()" in world.finish.reason


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "stop",
        Fork("9999", {}),
        Fork("0001", None),  # type: ignore[arg-type]
        Continue(math.nan),
        Continue("3"),  # type: ignore[arg-type]
        Stop(None),  # type: ignore[arg-type]
        Stop("", complete="yes"),  # type: ignore[arg-type]
        Pause(7),  # type: ignore[arg-type]
        Reallocate({"cpu": 2}),  # type: ignore[arg-type]
    ],
)
def test_a_scheduler_that_breaks_its_contract_is_told_so(answer: Any) -> None:
    """What is no decision is quoted in the error that ends the run."""
    world = World(Scripted(lambda t, r: answer))
    world.run()
    assert world.finish is not None
    assert repr(answer) in world.finish.reason


def test_a_scheduler_that_starts_nothing_is_no_hang() -> None:
    """If pending trials are never chosen and nothing runs, the run fails and says so."""
    scheduler = Scripted(lambda t, r: Continue())
    scheduler.next_trial = lambda view: None  # type: ignore[attr-defined]
    world = World(scheduler)
    world.run()
    assert world.finish is not None
    assert "starts none of the pending trials" in world.finish.reason


def test_a_searcher_that_waits_for_nothing_is_no_hang() -> None:
    """If suggestions are deferred and no trial runs that could be observed, the run fails."""
    world = World(num_samples=2)
    world._suggest = world.defer  # type: ignore[method-assign]
    world.inbox.clear()
    world.defer("0001")
    world.defer("0002")
    world.run()
    assert world.finish is not None
    assert "waits for observations" in world.finish.reason


def test_a_deferred_suggestion_is_asked_for_again_after_an_observation() -> None:
    """Once a trial has ended, what the searcher deferred is asked for again."""
    world = World(num_samples=2, slots=2)
    second = world.inbox.pop()
    assert second.trial == "0002"
    world.defer("0002")
    world.run()
    assert [ask.trials for ask in world.of(commands.Ask)] == [("0001", "0002"), ("0002",)]
    assert world.engine.counts()["completed"] == 2


def test_a_failed_searcher_ends_the_run() -> None:
    """A searcher's error stops running trials and is the reason of the failure."""
    world = World(num_samples=4)
    world.deliver()
    world.give(SearchEnded(at=1.0, reason="searcher 'x' failed in suggest()", error=ERROR))
    world.run()
    assert world.finish == commands.Finish(
        status="failed", reason="searcher 'x' failed in suggest()"
    )


def test_a_dead_executor_ends_the_run() -> None:
    """ExecutorFailed ends the run with its message."""
    world = World(num_samples=1, slots=0)
    world.give(ExecutorFailed(at=0.0, error=ERROR))
    world.run()
    assert world.finish is not None
    assert world.finish.status == "failed"


def test_a_stop_criterion_completes_the_trial() -> None:
    """A trial that meets the user's stop criterion is completed, at that very report."""

    class AtThree:
        def __call__(self, trial_id: str, metrics: Any) -> bool:
            return bool(metrics["time_total_s"] >= 3)

    world = World(num_samples=2, stopper=AtThree())
    world.run()
    assert world.engine.counts()["completed"] == 2
    assert {tell.result.resource for tell in world.tells if tell.result} == {3}


def test_a_stop_criterion_with_a_known_beginning_lets_trials_run_freely_before_it() -> None:
    """A stopper's until() spares the waits before it."""

    class From4:
        def __call__(self, trial_id: str, metrics: Any) -> bool:
            return bool(metrics["time_total_s"] >= 4)

        def until(self, resource: str) -> float:
            return 4.0

    world = World(num_samples=1, stopper=From4())
    assert world.of(commands.Launch) == []
    world.run()
    assert world.of(commands.Launch)[0].until == 4.0
    assert world.of(commands.Proceed) == []


@pytest.mark.parametrize(
    ("partial", "status", "value"),
    [("last", "stopped", 5.0), ("best", "stopped", 1.0), ("ignore", "stopped", None)],
)
def test_a_cut_short_trial_is_told_by_the_partial_policy(
    partial: str, status: str, value: float | None
) -> None:
    """A stopped trial is told once: at its last value, its best, or without any."""
    scheduler = Scripted(lambda t, r: Stop("bad") if r == 3 else Continue())
    world = World(scheduler, num_samples=1, partial=partial)
    world.run(loss=lambda t, r: {1: 4.0, 2: 1.0, 3: 5.0}.get(r, 9.0))
    (tell,) = world.tells
    assert tell.status == status
    assert (tell.result.values[0] if tell.result else None) == value


def test_a_searcher_that_reads_partial_results_hears_of_every_decision() -> None:
    """With partial="all" and observes="decisions" each rung is told as running, then the end."""
    scheduler = Scripted(lambda t, r: Stop("bad") if r == 3 else Continue())
    world = World(scheduler, num_samples=1, partial="all", observes="decisions")
    world.run()
    assert [(t.status, t.result.resource) for t in world.tells if t.result] == [
        ("running", 1),
        ("running", 2),
        ("running", 3),
        ("stopped", 3),
    ]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, "text", None])
def test_a_value_that_is_no_number_is_never_told_as_one(bad: Any) -> None:
    """A diverged trial completes, and the searcher hears of an end without a value."""
    world = World(num_samples=1)
    world.run(loss=lambda t, r: bad)
    assert [(tell.status, tell.result) for tell in world.tells] == [("completed", None)]


def test_superfluous_checkpoints_are_dropped_and_needed_ones_kept() -> None:
    """Of a trial's checkpoints the newest and the best stay."""
    world = World(Fifo(), num_samples=1, length=5)
    world.deliver()
    for _ in range(2):
        world.step("0001")
        world.deliver()
    losses = {2: 0.5, 3: 0.1, 4: 0.9, 5: 0.8}
    for _ in range(4):
        attempt = world.running["0001"]
        world.save("0001")
        world.step("0001", losses[int(attempt.at) + 1])
        world.deliver()
    dropped = [command.checkpoint.resource for command in world.of(commands.DropCheckpoint)]
    assert dropped == [1, 2]


def test_only_the_best_ended_trials_keep_checkpoints() -> None:
    """With keep=1, an ended trial that is not the best loses its checkpoints."""
    world = World(num_samples=3, slots=1, keep=1, length=2)
    world.deliver()
    for _ in range(3):
        (trial,) = world.running
        world.step(trial)
        world.save(trial)
        world.deliver()
        while trial in world.running:
            world.step(trial, float(trial))
            world.deliver()
    kept = {c.checkpoint.trial for c in world.of(commands.DropCheckpoint)}
    assert kept == {"0002", "0003"}


def test_an_ended_trial_answers_no_more() -> None:
    """After TrialEnded a repeated end is late, not a second end."""
    world = World(num_samples=1)
    world.run()
    before = world.engine.counts()
    world.give(TrialEnded(at=9.0, trial="0001", attempt=1, outcome="failed"))
    assert world.engine.counts() == before


def test_a_scheduler_sees_every_report_and_is_asked_where_it_said() -> None:
    """on_report gets the reports on the way to `until` too, each before the decision at it."""
    seen: list[tuple[str, float]] = []

    class Watching:
        def first(self, trial: Any) -> Continue:
            return Continue(until=2)

        def on_report(self, trial: Any, result: Any) -> None:
            assert trial.last == result
            seen.append(("report", result.resource))

        def on_result(self, trial: Any, result: Any) -> Continue:
            seen.append(("result", result.resource))
            return Continue(until=4)

    World(Watching(), num_samples=1, length=4).run()
    reports = [("report", 1), ("report", 2), ("result", 2), ("report", 3), ("report", 4)]
    assert seen == [*reports, ("result", 4)]


def test_review_may_be_early_and_repeat_itself() -> None:
    """What review() says of a trial that is about to pause or to end takes effect in its time."""

    class Persistent(Scripted):
        def __init__(self) -> None:
            super().__init__(lambda t, r: Pause("wait"))
            self.verdicts: dict[str, Stop] = {}

        def on_result(self, trial: Any, result: Any) -> Any:
            self.verdicts[trial.id] = Stop("no place left", complete=trial.id == "0001")
            return super().on_result(trial, result)

        def next_trial(self, view: Any) -> str | None:
            return next(iter(view.pending), None)

        def on_trial_end(self, trial: Any) -> None:
            super().on_trial_end(trial)
            del self.verdicts[trial.id]

        def review(self) -> dict[str, Stop]:
            return self.verdicts

    world = World(Persistent(), num_samples=2, slots=1)
    world.run()
    assert world.engine.counts() | {"completed": 1, "stopped": 1} == world.engine.counts()
    assert [retire.trial for retire in world.of(commands.Retire)] == ["0001", "0002"]


def test_review_comes_after_next_trial_and_may_end_pending_trials() -> None:
    """What a scheduler decides in next_trial() about others, it can say in the same turn."""

    class Choosy(Scripted):
        def next_trial(self, view: Any) -> str | None:
            self.unwanted = {t: Stop("no room") for t in view.pending if t != "0002"}
            return "0002" if "0002" in view.pending else None

        def review(self) -> dict[str, Stop]:
            return {t: stop for t, stop in self.unwanted.items() if t not in self.ended}

    world = World(Choosy(lambda t, r: Continue()), num_samples=3, slots=3)
    world.run()
    assert [world.engine.trial(f"{n:04}").status for n in (1, 2, 3)] == [
        "stopped",
        "completed",
        "stopped",
    ]
    assert {launch.trial for launch in world.of(commands.Launch)} == {"0002"}


def test_nothing_can_come_while_the_searcher_waits_for_those_that_wait() -> None:
    """`searching` is False once nothing runs and all suggestions are deferred: resume somebody."""
    told: list[bool] = []

    class Resuming(Scripted):
        def next_trial(self, view: Any) -> str | None:
            told.append(view.searching)
            if view.pending:
                return view.pending[0]
            return None if view.searching else view.paused[0]

    class Hesitant(World):
        def _suggest(self, trial: str) -> None:
            if trial == "0002" and not self.engine.counts()["completed"]:
                self.defer(trial)
            else:
                super()._suggest(trial)

    world = Hesitant(
        Resuming(lambda t, r: Pause("wait") if r == 2 else Continue()), num_samples=2, slots=1
    )
    world.run()
    assert world.engine.counts()["completed"] == 2
    assert told == [True, True, False, False, False]


def test_a_complete_trial_that_is_lost_while_it_ends_is_complete() -> None:
    """A worker that vanishes after the last word on its trial changes nothing about it."""
    world = World(Scripted(lambda t, r: Stop("enough", complete=True)), num_samples=1)
    world.deliver()
    for _ in range(2):
        world.step("0001")
        world.deliver()
    world.lose("0001")
    world.deliver()
    assert world.engine.trial("0001").status == "completed"
    assert world.tells[-1].status == "completed"


def test_a_trial_that_is_lost_while_it_pauses_is_paused() -> None:
    """The decision was taken: it is not launched again at once, and can be resumed."""
    scheduler = Scripted(lambda t, r: Pause("wait") if (t, r) == ("0001", 2) else Continue())
    scheduler.next_trial = (  # type: ignore[attr-defined]
        lambda view: next(iter([*view.pending, *([] if view.searching else view.paused)]), None)
    )
    world = World(scheduler, num_samples=2, slots=1, retries={"worker_lost": None})
    world._obey = (  # type: ignore[method-assign]
        lambda command, obey=world._obey: (
            world.lose(command.trial) if isinstance(command, commands.Pause) else obey(command)
        )
    )
    world.run()
    launches = [(launch.trial, launch.seen) for launch in world.of(commands.Launch)]
    assert launches == [("0001", 0), ("0002", 0), ("0001", 2)]
    assert world.engine.counts()["completed"] == 2
