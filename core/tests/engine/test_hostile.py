"""No order of events, legal or hostile, loses a trial, overruns a slot or hangs the engine."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from tunesmith._engine.trials import ENDED
from tunesmith.protocols import Continue, Fork, Pause, Reallocate, Resources, Stop, commands
from tunesmith.protocols.events import (
    CapacityChanged,
    ControlRequested,
    DeadlineReached,
    Reported,
    RunStarted,
    SearchEnded,
    Suggested,
    TrialEnded,
    TrialEvent,
    TrialLost,
)
from tunesmith.testing.worlds import World


class Moody:
    """Answers with whatever was drawn for it; resumes paused trials after all pending ones."""

    def __init__(self) -> None:
        self.moods: list[Any] = []
        self.results: dict[str, list[float]] = defaultdict(list)
        self.over: set[str] = set()

    def on_result(self, trial: Any, result: Any) -> Any:
        assert trial.id not in self.over, "a result was delivered to an ended trial"
        self.results[trial.id].append(result.resource)
        mood = self.moods.pop() if self.moods else "go"
        return {
            "go": Continue(),
            "far": Continue(until=result.resource + 3),
            "stop": Stop("mood"),
            "done": Stop("mood", complete=True),
            "pause": Pause("mood"),
            "fork": Fork("0001", {"x": -1}),
            "more": Reallocate(Resources(bundles=({"cpu": 2.0},))),
            "end": Continue(math.inf),
        }[mood]

    def on_trial_end(self, trial: Any) -> None:
        assert trial.id not in self.over, "a trial ended twice"
        self.over.add(trial.id)

    def revive(self, trial: Any) -> None:
        self.over.remove(trial.id)

    def next_trial(self, view: Any) -> str | None:
        return next(iter([*view.pending, *view.paused]), None)


MOODS = ["go", "far", "stop", "done", "pause", "fork", "more", "end"]


class Hostile(RuleBasedStateMachine):
    """Lets trials run, fail, vanish and be stopped in any order; messages repeat and come late."""

    @initialize(
        slots=st.integers(1, 3),
        samples=st.integers(1, 6),
        lookahead=st.integers(0, 2),
        exhausted=st.none() | st.integers(0, 4),
        budget=st.none() | st.sampled_from([10, 25, 60]),
    )
    def begin(
        self,
        slots: int,
        samples: int,
        lookahead: int,
        exhausted: int | None,
        budget: int | None,
    ) -> None:
        self.scheduler = Moody()
        self.world = World(
            self.scheduler,
            slots=slots,
            length=6,
            num_samples=samples,
            lookahead=lookahead,
            exhausted_after=exhausted,
            retries={"worker_lost": 2, "user_error": 1, "oom": 1, "timeout": 1},
            trial_timeout_s=5.0,
            partial="all",
            observes="decisions",
            keep=2,
            budget=budget,
        )

    def _pick(self, index: int) -> str | None:
        running = sorted(self.world.running)
        return running[index % len(running)] if running else None

    @rule(mood=st.sampled_from(MOODS))
    def set_mood(self, mood: str) -> None:
        self.scheduler.moods.append(mood)

    @rule()
    def deliver(self) -> None:
        self.world.deliver()

    @precondition(lambda self: self.world.running)
    @rule(index=st.integers(0, 5), loss=st.floats() | st.none())
    def step(self, index: int, loss: Any) -> None:
        if trial := self._pick(index):
            self.world.step(trial, loss)

    @precondition(lambda self: self.world.running)
    @rule(index=st.integers(0, 5), what=st.sampled_from(["save", "fail", "lose", "oom"]))
    def happen(self, index: int, what: str) -> None:
        if not (trial := self._pick(index)):
            return
        if what == "oom":
            self.world.lose(trial, "oom")
        else:
            getattr(self.world, what)(trial)

    @precondition(lambda self: self.world.of(commands.WakeAt))
    @rule()
    def ring(self) -> None:
        """An alarm goes off, perhaps an old one."""
        alarm = self.world.of(commands.WakeAt)[-1]
        self.world.now = max(self.world.now, alarm.at)
        self.world.give(DeadlineReached(at=self.world.now, name=alarm.name))

    @precondition(lambda self: any(isinstance(e, TrialEvent) for e in self.world.history))
    @rule(index=st.integers(0, 1000))
    def repeat(self, index: int) -> None:
        """An old message arrives once more, as far as the table allows it for an open attempt."""
        old = [
            event
            for event in self.world.history
            if isinstance(event, TrialEvent) and self._is_harmless(event)
        ]
        if old:
            self.world.deliver()
            event = old[index % len(old)]
            if self._is_harmless(event):
                self.world.give(event)

    def _is_harmless(self, event: TrialEvent) -> bool:
        view = self.world.engine.trial(event.trial)
        is_open = event.trial in self.world.running and event.attempt == view.attempt
        return not is_open or isinstance(event, Reported)

    @rule(slots=st.integers(0, 3))
    def change_capacity(self, slots: int) -> None:
        if slots >= len(self.world.running) and slots > 0:
            self.world.slots = max(self.world.slots, slots)
            self.world.give(CapacityChanged(at=self.world.now, slots=slots))

    @rule()
    def crash_and_restart(self) -> None:
        """The driver dies: what was on its way is gone, but for what the searcher had said."""
        world = self.world
        if world.finish is None:
            answers = [e for e in world.inbox if isinstance(e, Suggested | SearchEnded)]
            world.running.clear()
            world.inbox.clear()
            world.give(RunStarted(at=world.now))
            world.inbox.extend(answers)
            world.give(CapacityChanged(at=world.now, slots=world.slots))

    @precondition(lambda self: self.world.finish is None)
    @rule()
    def ask_to_stop(self) -> None:
        self.world.give(ControlRequested(at=self.world.now, action="stop"))
        self.was_asked = True

    @precondition(lambda self: self.world.finish is None)
    @rule(
        action=st.sampled_from(["stop", "pause", "pause", "unpause", "boost", "enqueue"]),
        index=st.integers(0, 9),
    )
    def ask(self, action: Any, index: int) -> None:
        """A person asks for what can, or cannot, be done to a trial, or pauses all."""
        trials = ["0009", *self.world.suggested]
        if action in ("pause", "unpause"):
            trials.append("")
        trial = "" if action == "enqueue" else trials[index % len(trials)]
        before = self.world.engine.counts()
        if self.world.ask(action, trial, {"x": 0.5}):
            assert self.world.engine.counts() == before

    @precondition(lambda self: self.world.finish is None and self.scheduler.over)
    @rule(index=st.integers(0, 9))
    def revive(self, index: int) -> None:
        """A person has a trial go on that was over."""
        over = sorted(self.scheduler.over)
        self.world.wish(self.world.revived(over[index % len(over)]))

    was_asked = False

    @invariant()
    def checkpoints_fit_the_budget_or_are_needed(self) -> None:
        if not hasattr(self, "world"):
            return
        budget, disk = self.world.settings.budget, self.world.disk
        if budget is not None and sum(disk.values()) > budget:
            live = [t for t in self.world.engine._trials if t.state not in ENDED]
            origins = {t.launch_from.path for t in live if t.launch_from}
            assert set(disk) <= origins | {t.checkpoints[-1].path for t in live if t.checkpoints}

    @invariant()
    def every_ended_trial_was_told(self) -> None:
        if not hasattr(self, "world"):
            return
        last = {tell.trial: tell.status for tell in self.world.tells}
        for trial in self.scheduler.over:
            assert last.get(trial) in {"completed", "stopped", "failed"}

    def teardown(self) -> None:
        """Left alone, the run comes to its end, and every trial to one."""
        if not hasattr(self, "world"):
            return
        self.scheduler.moods.clear()
        self.world.unpause()
        self.world.run()
        assert self.world.finish is not None
        counts = self.world.engine.counts()
        if self.world.finish.status != "stopped":
            assert counts["pending"] == counts["paused"] == counts["running"] == 0
        ended = sum(isinstance(event, TrialEnded | TrialLost) for event in self.world.history)
        assert ended or not self.world.of(commands.Launch) or self.was_asked or counts["failed"]


@pytest.mark.timeout(120)
class TestHostile(Hostile.TestCase):  # type: ignore[name-defined,misc]
    """The state machine above, as a test."""

    settings = settings(
        max_examples=150,
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
