"""A scheduler at work for its conformance suite: every call and every answer of it is checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from tunesmith._run.seeds import Seeds
from tunesmith.plugins import SchedulerSpec, resolve
from tunesmith.protocols import (
    Fork,
    Pause,
    Problem,
    Reallocate,
    Scheduler,
    Stop,
    TrialView,
    commands,
)
from tunesmith.protocols.events import AnyEvent, Revived, TrialEvent
from tunesmith.protocols.trial import OVER
from tunesmith.space import parse_space
from tunesmith.testing.worlds import LOSS, World

METHODS = (
    "on_result",
    "on_report",
    "on_trial_add",
    "on_trial_end",
    "first",
    "next_trial",
    "review",
    "revive",
    "extend",
)

RETRIES = {"worker_lost": 2, "user_error": 1}


class Relay:
    """Has the methods that the scheduler has, and passes calls on to whichever is behind it.

    `flaws` are the answers that do not fit what `spec` declares, or what decisions mean. `waiting`
    are the trials that it paused until it took up a first one.
    """

    def __init__(self, scheduler: Scheduler, spec: SchedulerSpec, end: float | None) -> None:
        assert callable(getattr(scheduler, "on_result", None)), (
            f"scheduler {spec.name!r} has no method on_result(trial, result), which every one needs"
        )
        self.behind = scheduler
        self.flaws: list[str] = []
        self.waiting: set[str] = set()
        self._spec, self._end = spec, end
        self._has_taken_up = False
        for name in METHODS:
            if hasattr(scheduler, name):
                setattr(self, name, self._passing(name))

    @property
    def max_resource(self) -> float | None:
        """How far trials train, where the scheduler says so."""
        return getattr(self.behind, "max_resource", None)

    def _passing(self, name: str) -> Callable[..., Any]:
        def passed(*told: Any) -> Any:
            before = repr(told)
            answer = getattr(self.behind, name)(*told)
            if repr(told) != before:
                self._object(name, f"changed what it was told, {before}, into {told!r}; copy it")
            if name == "on_result":
                self._weigh(name, answer)
                self._weigh_end(told[0], answer)
            elif name == "review" and isinstance(answer, dict):
                for trial, decision in answer.items():
                    self._take_up(trial)
                    self._weigh(name, decision)
            elif name == "next_trial":
                self._take_up(answer)
            if isinstance(answer, Pause) and not self._has_taken_up:
                self.waiting.add(told[0].id)
            return answer

        return passed

    def _take_up(self, trial: Any) -> None:
        if trial in self.waiting:
            self._has_taken_up = True
            self.waiting.clear()

    def _weigh(self, call: str, decision: Any) -> None:
        """Hold a decision against what the spec declares."""
        able = self._spec.capabilities
        if isinstance(decision, Pause) and not able.pauses:
            self._object(call, f"answered {decision}; declare Capabilities(pauses=True)")
        if isinstance(decision, Fork | Reallocate) and not able.needs_checkpoints:
            self._object(call, f"answered {decision}; declare Capabilities(needs_checkpoints=True)")

    def _weigh_end(self, trial: TrialView, decision: Any) -> None:
        """Hold a stop against how far the trial is.

        Only of a paused one, which `review` stops, the scheduler alone knows what it was to reach.
        """
        end = self.max_resource or self._end
        if not isinstance(decision, Stop) or end is None:
            return
        is_whole = trial.resource >= end
        if decision.complete is not is_whole:
            meaning = "trained to its end" if decision.complete else "cut short"
            self._object(
                "on_result",
                f"answered {decision} at {trial.resource:g} of {end:g}, so that searchers take the"
                f" trial for {meaning}; Stop(reason, complete={is_whole}) is what it is",
            )

    def _object(self, call: str, what: str) -> None:
        self.flaws.append(f"scheduler {self._spec.name!r}, {call}(): {what}")


class SchedulerWorld(World):
    """A world that checks every command that the scheduler brings about."""

    def __init__(
        self,
        scheduler: Scheduler,
        spec: SchedulerSpec,
        problem: Problem,
        **options: Any,
    ) -> None:
        self.relay = Relay(scheduler, spec, problem.max_resource)
        self.space = problem.space
        self.over: set[str] = set()
        self.renewed: Callable[[Any], Any] | None = None
        self.is_sound = True
        super().__init__(
            self.relay,
            suggest=lambda number: self.space.sample(Random(number)),  # noqa: S311
            saves=spec.capabilities.needs_checkpoints,
            retries=RETRIES,
            scheduler_name=spec.name,
            **options,
        )

    def give(self, event: AnyEvent) -> tuple[commands.AnyCommand, ...]:
        """Hand the engine an event; nothing that is over may start, nothing break the contract."""
        self.is_sound = False
        if isinstance(event, Revived):
            self.over.discard(event.trial)
        if self.renewed is not None:
            self.relay.behind = self.renewed(self.relay.behind)
        answer = super().give(event)
        if self.relay.flaws:
            raise AssertionError(self.relay.flaws[0])
        finish = next((one for one in answer if isinstance(one, commands.Finish)), None)
        assert finish is None or finish.status != "failed", finish.reason
        if isinstance(event, TrialEvent) and self.engine.trial(event.trial).status in OVER:
            self.over.add(event.trial)
        for command in answer:
            if isinstance(command, commands.Launch):
                assert command.trial not in self.over, f"{command.trial} was over: {command}"
                self.space.check(command.config)
        self.is_sound = True
        return answer


def problem_of(space: Mapping[str, Any], max_resource: float | None) -> Problem:
    """Return a problem that is always the same."""
    return Problem(
        space=parse_space(space),
        objectives=LOSS,
        seeds=Seeds(5),
        max_concurrent=4,
        max_resource=max_resource,
    )


def luck(trial: str, at: float) -> float:
    """Return a loss that tells nothing, so that each decision hangs on all that was told."""
    return Random(f"{trial} {at}").random()  # noqa: S311 (the same each time)


def trace(
    definition: Mapping[str, Any], space: Mapping[str, Any], max_resource: float | None
) -> list[Any]:
    """Return what comes of a scheduler's decisions, for comparison between processes."""
    chosen, problem = resolve("scheduler", definition), problem_of(space, max_resource)
    world = SchedulerWorld(
        chosen.create(problem),
        chosen.spec,
        problem,
        slots=3,
        num_samples=16,
        length=12,
        lookahead=3,
    )
    world.run(luck)
    return world.answers
