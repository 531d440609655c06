"""Conformance of schedulers: what every scheduler must keep to, whatever happens to its trials.

class TestMyScheduler(SchedulerConformance):
    scheduler = "mine"
    options = {"quantile": 0.25}
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from random import Random
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tunesmith._engine.engine import Engine
from tunesmith.errors import OptionError
from tunesmith.plugins import Choice, SchedulerSpec, default_registry, resolve
from tunesmith.plugins.factories import check_options, load_factory
from tunesmith.plugins.options import declared_options
from tunesmith.protocols.events import (
    CapacityChanged,
    ExperimentChanged,
    RunStarted,
    SearchEnded,
    Suggested,
)
from tunesmith.protocols.trial import OVER
from tunesmith.space import uniform
from tunesmith.testing.processes import assert_same_everywhere
from tunesmith.testing.relay import SchedulerWorld, luck, problem_of, trace


class SchedulerMachine(RuleBasedStateMachine):
    """Lets trials run, jump over rungs, diverge, fail and vanish in any order."""

    case: ClassVar[SchedulerConformance]

    @initialize(
        slots=st.integers(1, 4),
        samples=st.integers(1, 9),
        length=st.sampled_from([1, 5, 9, 40]),
        exhausted=st.none() | st.integers(0, 6),
    )
    def begin(self, slots: int, samples: int, length: int, exhausted: int | None) -> None:
        """Start an experiment; the searcher may end it before `samples` are made."""
        self.world = self.case.world(
            slots=slots, num_samples=samples, length=length, exhausted_after=exhausted
        )

    def _pick(self, index: int) -> str:
        running = sorted(self.world.running)
        return running[index % len(running)]

    @rule()
    def deliver(self) -> None:
        """What is on its way arrives."""
        self.world.deliver()

    @precondition(lambda self: self.world.running)
    @rule(
        index=st.integers(0, 5),
        loss=st.floats() | st.none() | st.floats(0, 1),
        by=st.sampled_from([1, 1, 1, 2, 7, 30]),
    )
    def train(self, index: int, loss: Any, by: int) -> None:
        """A trial does the next thing; a report may be NaN, infinite, None, or beyond rungs."""
        self.world.step(self._pick(index), loss, by)

    @precondition(lambda self: self.world.running)
    @rule(index=st.integers(0, 5), what=st.sampled_from(["save", "fail", "lose"]))
    def happen(self, index: int, what: str) -> None:
        """A trial saves itself, raises, or is lost."""
        getattr(self.world, what)(self._pick(index))

    @rule(slots=st.integers(1, 4))
    def change_capacity(self, slots: int) -> None:
        """Workers come, or go once they are free."""
        if slots >= len(self.world.running):
            self.world.slots = max(self.world.slots, slots)
            self.world.give(CapacityChanged(at=self.world.now, slots=slots))

    @precondition(lambda self: self.world.finish is None)
    @rule()
    def crash(self) -> None:
        """The driver dies and comes back; what ran is launched again."""
        world = self.world
        answers = [event for event in world.inbox if isinstance(event, Suggested | SearchEnded)]
        world.running.clear()
        world.inbox.clear()
        world.give(RunStarted(at=world.now))
        world.inbox.extend(answers)
        world.give(CapacityChanged(at=world.now, slots=world.slots))

    @precondition(lambda self: self.world.finish is None)
    @rule(
        action=st.sampled_from(["stop", "pause", "pause", "unpause", "boost"]),
        index=st.integers(0, 9),
    )
    def ask(self, action: Any, index: int) -> None:
        """A person asks something of a trial, whether it can be done or not."""
        trials = self.world.suggested
        self.world.ask(action, trials[index % len(trials)] if trials else "0001")

    @precondition(lambda self: self.world.finish is None)
    @rule(index=st.integers(0, 9))
    def revive(self, index: int) -> None:
        """A person has a trial go on that is over, if the scheduler takes such up."""
        over = [t for t in self.world.suggested if self.world.engine.trial(t).status in OVER]
        if over:
            self.world.wish(self.world.revived(over[index % len(over)]))

    @precondition(lambda self: self.world.finish is None)
    @rule(to=st.sampled_from([5, 20, 27, 81]))
    def extend(self, to: float) -> None:
        """A person has trials train further, if the scheduler can let them."""
        changes = {"max_resource": to}
        self.world.wish(ExperimentChanged(at=self.world.now, changes=changes))

    @rule()
    def restore(self) -> None:
        """A scheduler that can be saved is replaced by one restored from its state."""
        self.world.relay.behind = self.case.renewed(self.world.relay.behind)

    def teardown(self) -> None:
        """Left alone, every trial comes to its end, and a fresh engine decides the same again."""
        if hasattr(self, "world") and self.world.is_sound:
            self.case.finish(self.world)


class SchedulerConformance:
    """Subclass this in a test module and set `scheduler` to the name of yours.

    `options` are what it is made with; they should fit a resource of up to `max_resource`.
    `space` is what it tunes, in the language of `tune.run`.
    """

    scheduler: str
    options: Mapping[str, Any] = {}
    max_resource: float | None = 9
    space: Mapping[str, Any] = {"x": uniform(0, 1)}
    examples = 60

    @property
    def chosen(self) -> Choice[SchedulerSpec]:
        """The scheduler as it would be chosen in an experiment."""
        definition = {"name": self.scheduler, **self.options}
        return resolve("scheduler", definition, default_registry())

    def make(self) -> Any:
        """Return the scheduler, for an experiment that is always the same."""
        return self.chosen.create(problem_of(self.space, self.max_resource))

    def renewed(self, scheduler: Any) -> Any:
        """Return a scheduler restored from the state of this one, or this one if it has none."""
        if not hasattr(scheduler, "state"):
            return scheduler
        saved = scheduler.state()
        assert isinstance(saved, bytes), (
            f"state() returned {str(saved)[:80]}, which is no bytes; use pickle.dumps"
        )
        fresh = self.make()
        fresh.restore(saved)
        return fresh

    def world(self, **options: Any) -> SchedulerWorld:
        """Return a world in which the scheduler decides."""
        return SchedulerWorld(
            self.make(), self.chosen.spec, problem_of(self.space, self.max_resource), **options
        )

    def finish(self, world: SchedulerWorld) -> None:
        """Let the world come to its end, and check that nobody was forgotten on the way."""
        world.unpause()
        world.run(luck)
        counts = world.engine.counts()
        left = {status: counts[status] for status in ("pending", "paused", "running")}
        assert not any(left.values()), f"the experiment ended and left {left}"
        self.repeat(world)

    def repeat(self, world: SchedulerWorld) -> None:
        """Give the same events to a fresh engine; it must answer the same."""
        engine = Engine(world.settings, self.make())
        for event, before in zip(world.history, world.answers, strict=True):
            now = engine.handle(event)
            assert now == before, f"to {event}: once {before}, now {now}"

    def finish_fairly(self, world: SchedulerWorld) -> None:
        """Do the same where results differ: of paused trials, some have to go on or be ended."""
        self.finish(world)
        waiting = sorted(world.relay.waiting)
        assert not waiting, (
            f"{self.scheduler!r} paused {', '.join(waiting)}, and took up none of them; next_trial"
            " says which goes on, review which ends"
        )

    # What must hold ------------------------------------------------------------------------------

    def test_options_are_declared(self) -> None:
        """The factory names each of its options; one that it does not know is refused."""
        spec = self.chosen.spec
        factory = load_factory(spec)
        declared = declared_options(spec, factory)
        assert set(self.options) <= set(declared)
        with pytest.raises(OptionError, match="has no option 'no_such_option'"):
            check_options(spec, factory, {**self.options, "no_such_option": 1})

    def test_it_can_decide(self) -> None:
        """The scheduler has `on_result`; `state` and `restore` come together."""
        scheduler = self.world().relay.behind
        assert hasattr(scheduler, "state") == hasattr(scheduler, "restore"), (
            "state and restore come together"
        )

    def test_processes_and_hash_seeds_agree(self) -> None:
        """Only events settle decisions. Fix: iterate over no sets, draw from problem.rng."""
        definition = {"name": self.scheduler, **self.options}
        assert_same_everywhere(trace, definition, dict(self.space), self.max_resource)

    @pytest.mark.parametrize("slots", [1, 4])
    def test_every_trial_comes_to_an_end(self, slots: int) -> None:
        """An experiment of 30 trials ends, each trial with it; one of four is unlucky."""
        self._live(slots, self.world(slots=slots, num_samples=30, length=12))

    def test_saved_state_loses_nothing(self) -> None:
        """Restored from its state before every event, the scheduler decides the same."""
        world = self.world(slots=3, num_samples=20, length=12)
        world.renewed = self.renewed
        self._live(3, world)

    def test_failed_trials_are_not_waited_for(self) -> None:
        """Where every third trial fails before its first report, the others go on without it."""
        world = self.world(slots=3, num_samples=9, length=12)
        for _ in range(400):
            world.deliver()
            doomed = [trial for trial in world.running if int(trial) % 3 == 0]
            if doomed:
                world.fail(doomed[0])
            elif world.running:
                trial = min(world.running)
                world.step(trial, luck(trial, world.running[trial].at))
        self.finish_fairly(world)

    def _live(self, seed: int, world: SchedulerWorld) -> None:
        rng = Random(seed)  # noqa: S311
        for turn in range(400):
            world.deliver()
            if not world.running:
                break
            trial = rng.choice(sorted(world.running))
            if turn % 4 == 3 and int(trial) % 4 == 0:
                getattr(world, rng.choice(["fail", "lose"]))(trial)
            else:
                world.step(trial, luck(trial, world.running[trial].at))
        self.finish_fairly(world)

    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, None, "high"])
    def test_strange_values_are_survived(self, value: Any) -> None:
        """Trials whose every result is NaN, infinite, or no number at all end nevertheless."""
        world = self.world(slots=2, num_samples=9, length=12)
        world.run(lambda *_: value)
        self.finish(world)

    def test_an_empty_search_ends(self) -> None:
        """A searcher that suggests nothing at all is no hang."""
        self.finish(self.world(slots=2, num_samples=None, exhausted_after=0))

    def test_whatever_happens(self) -> None:
        """No order of starts, reports, failures, losses and restarts breaks any of these rules.

        Engine and scheduler keep their contracts, no trial that is over starts again, no slot is
        held twice, configurations stay in the space, the experiment ends and leaves no trial
        behind, the same events bring the same commands, and saved state loses nothing.
        """
        machine = type("Machine", (SchedulerMachine,), {"case": self})
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=self.examples,
                stateful_step_count=40,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
