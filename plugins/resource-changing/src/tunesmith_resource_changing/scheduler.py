"""The scheduler around another that reallocates, and the factory behind "resource-changing"."""

from collections.abc import Mapping
from math import inf
from typing import Any

import msgspec

from tunesmith.errors import UsageError, did_you_mean
from tunesmith.plugins import resolve
from tunesmith.protocols import (
    Continue,
    Decision,
    ExperimentView,
    Fork,
    Pause,
    Problem,
    Reallocate,
    Resources,
    Result,
    Stop,
    TrialView,
)
from tunesmith_resource_changing.rule import RULES, Allotment, Rule, amounts, fits


class _Seat(msgspec.Struct):
    """What a trial that has started holds, while it is not parked in a pause.

    `goal` is where the inner scheduler is asked next (None: at the next report), `due` where its
    resources are looked at next. One that moves is on its way to other resources.
    """

    holds: Resources
    due: float
    best: float = inf
    goal: float | None = None
    is_parked: bool = False
    is_moving: bool = False


class _State(msgspec.Struct):
    """`added` counts suggestions; `chosen` is next to start, once those who hold much give way."""

    seats: dict[str, _Seat] = {}
    added: int = 0
    chosen: str | None = None
    inner: bytes | None = None


class ResourceChanging:
    """Let the inner scheduler decide on trials, and a rule on what those that go on may use.

    Both are asked at reports only: a trial whose resources change goes on from the checkpoint of
    that very report, or keeps what it has until there is one. Whoever holds more than usual gives
    it back at its next look, when another trial waits to start; that one waits so long. A trial
    never grows into what others hold, so that nothing waits for more than it could have.
    """

    def __init__(
        self,
        problem: Problem,
        inner: Any,
        rule: Rule,
        *,
        total: Mapping[str, float],
        interval: float,
    ) -> None:
        self._problem = problem
        self._inner = inner
        self._rule = rule
        self._total = total
        self._interval = interval
        self._usual = amounts(problem.resources)
        self._state = _State()

    # The inner scheduler, asked through -----------------------------------------------------------

    def first(self, trial: TrialView) -> Continue:
        """Let the trial run as far as the inner scheduler says, or to the next look at it."""
        seat = self._state.seats.get(trial.id)
        if seat is None or seat.is_parked:
            best = inf if seat is None else seat.best
            due = trial.resource + self._interval
            seat = _Seat(self._problem.resources, due, best)
            self._state.seats[trial.id] = seat
        if not seat.is_moving:
            seat.goal = self._inner.first(trial).until if hasattr(self._inner, "first") else None
        seat.is_moving = False
        return self._onwards(seat)

    def on_report(self, trial: TrialView, result: Result) -> None:
        """Keep the trial's best value."""
        seat = self._state.seats[trial.id]
        seat.best = min(seat.best, result.values[0])
        if hasattr(self._inner, "on_report"):
            self._inner.on_report(trial, result)

    def on_result(self, trial: TrialView, result: Result) -> Decision:
        """Ask the inner scheduler where it wants to be asked; then look at what the trial holds."""
        seat = self._state.seats[trial.id]
        if seat.goal is None or result.resource >= seat.goal:
            decision: Decision = self._inner.on_result(trial, result)
            seat.is_parked = isinstance(decision, Pause)
            seat.goal = decision.until if isinstance(decision, Continue) else None
            if not isinstance(decision, Continue):
                return decision
        if result.resource >= seat.due and _is_saved(trial, result):
            seat.due = result.resource + self._interval
            wanted = self._rule(self._allotment(trial, result))
            if wanted is not None and wanted != seat.holds and self._is_within_reach(seat, wanted):
                seat.holds, seat.is_moving = wanted, True
                return Reallocate(wanted, f"goes on with {_shown(wanted)}")
        return self._onwards(seat, result.resource)

    def next_trial(self, view: ExperimentView) -> str | None:
        """Start what the inner scheduler chooses, once nobody holds what it needs."""
        state = self._state
        if state.chosen is None or state.chosen not in (*view.pending, *view.paused):
            state.chosen = self._choice(view)
        if state.chosen is not None and view.running and self._must_wait(view):
            return None
        chosen, state.chosen = state.chosen, None
        return chosen

    def on_trial_add(self, trial: TrialView) -> None:
        """Count the trials that have come."""
        self._state.added += 1
        if hasattr(self._inner, "on_trial_add"):
            self._inner.on_trial_add(trial)

    def on_trial_end(self, trial: TrialView) -> None:
        """Take back what the trial held."""
        self._state.seats.pop(trial.id, None)
        if hasattr(self._inner, "on_trial_end"):
            self._inner.on_trial_end(trial)

    def review(self) -> Mapping[str, Stop | Fork]:
        """Return the inner scheduler's decisions on trials that hold no slot."""
        return self._inner.review() if hasattr(self._inner, "review") else {}

    def state(self) -> bytes:
        """Return all that was learnt; MessagePack, since JSON has no infinity."""
        if hasattr(self._inner, "state"):
            self._state.inner = self._inner.state()
        return msgspec.msgpack.encode(self._state)

    def restore(self, data: bytes) -> None:
        """Go on from what `state` returned."""
        self._state = msgspec.msgpack.decode(data, type=_State)
        if self._state.inner is not None:
            self._inner.restore(self._state.inner)

    def _choice(self, view: ExperimentView) -> str | None:
        if hasattr(self._inner, "next_trial"):
            chosen: str | None = self._inner.next_trial(view)
            return chosen
        return next(iter(view.pending), None)

    # What is held --------------------------------------------------------------------------------

    def _onwards(self, seat: _Seat, resource: float = 0.0) -> Continue:
        """Return how far the trial goes: not past the next look at it."""
        return Continue(None if seat.goal is None else min(seat.goal, max(seat.due, resource)))

    def _must_wait(self, view: ExperimentView) -> bool:
        """Whether trials that hold more than usual have left too little for one more."""
        seats = self._state.seats
        held = [seats[trial].holds for trial in view.running if trial in seats]
        is_enlarged = any(not fits(amounts(one), self._usual) for one in held)
        return is_enlarged and not fits(self._usual, self._left(held))

    def _left(self, held: list[Resources]) -> dict[str, float]:
        left = dict(self._total)
        for one in held:
            for name, amount in amounts(one).items():
                if name in left:
                    left[name] -= amount
        return left

    def _free(self, coming: int) -> dict[str, float]:
        """Return what nobody holds, and none of `coming` trials will need."""
        held = [seat.holds for seat in self._state.seats.values() if not seat.is_parked]
        return self._left([*held, *([self._problem.resources] * coming)])

    def _coming(self) -> int:
        """Return how many trials are about to start."""
        live = sum(not seat.is_parked for seat in self._state.seats.values())
        samples = self._problem.num_samples
        more = self._problem.max_concurrent - live
        may_come = samples is None or self._state.added < samples
        return max(more if may_come else 0, 0 if self._state.chosen is None else 1)

    def _allotment(self, trial: TrialView, result: Result) -> Allotment:
        seats = {k: seat for k, seat in self._state.seats.items() if not seat.is_parked}
        coming = self._coming()
        return Allotment(
            trial=trial,
            result=result,
            usual=self._problem.resources,
            holds=seats[trial.id].holds,
            free=self._free(coming),
            total=self._total,
            seats=len(seats) + coming,
            bests={trial_id: seat.best for trial_id, seat in seats.items()},
        )

    def _is_within_reach(self, seat: _Seat, wanted: Resources) -> bool:
        """Whether the trial could hold this now: it grows in nothing that is not there."""
        held, free = amounts(seat.holds), self._free(self._coming())
        added = {name: x - held.get(name, 0.0) for name, x in amounts(wanted).items()}
        return fits({name: x for name, x in added.items() if x > 0}, free)


def _is_saved(trial: TrialView, result: Result) -> bool:
    """Tell whether the trial can go on from this report, so that nothing is trained twice."""
    saved = trial.checkpoint
    return saved is not None and saved.trial == trial.id and saved.resource >= result.resource


def _shown(resources: Resources) -> str:
    return ", ".join(f"{name}: {amount:g}" for name, amount in sorted(amounts(resources).items()))


def resource_changing(
    problem: Problem,
    *,
    scheduler: Any = "fifo",
    rule: str | Rule = "distribute",
    total: Mapping[str, float] | None = None,
    interval: float = 5,
) -> ResourceChanging:
    """Return a scheduler that wraps `scheduler` and changes what live trials hold by `rule`.

    `scheduler` is a name, {"name": …, **options} or a factory. `rule` is "distribute" (equal shares
    of what there is), "top" (what is spare to the best trial) or a function of an `Allotment`.
    `total` is what there is to share, as {"cpu": 8}; by default what `max_concurrent` trials hold.
    What it does not name stays as it is. A trial's resources are looked at every `interval` units
    of the experiment's resource.

    Raises:
        UsageError: an option is out of range.
    """
    if isinstance(rule, str) and rule not in RULES:
        names = ", ".join(map(repr, RULES))
        raise UsageError(
            f"rule={rule!r} of resource-changing is unknown{did_you_mean(rule, RULES) or ';'} "
            f"expected {names} or a function of an Allotment"
        )
    if not 0 < interval < inf:
        raise UsageError(
            f"interval={interval!r} must be a positive number of {problem.resource}: how far a "
            "trial trains between two looks at its resources"
        )
    usual = amounts(problem.resources)
    if total is None:
        total = {name: amount * problem.max_concurrent for name, amount in usual.items()}
    for name, amount in total.items():
        if not 0 < usual.get(name, 0.0) <= amount < inf:
            raise UsageError(
                f"total={dict(total)!r} has {amount!r} of {name!r}, of which each trial holds "
                f"{usual.get(name, 0):g}: name what trials hold (resources=), and at least as much"
            )
    choice = resolve("scheduler", scheduler)
    if len(problem.objectives) > 1 and not choice.spec.capabilities.multi_objective:
        raise UsageError(
            f"scheduler {choice.spec.name!r} inside resource-changing takes one objective, but "
            f"this experiment has {len(problem.objectives)}; wrap 'fifo' or 'asha'"
        )
    chosen = RULES[rule] if isinstance(rule, str) else rule
    inner = choice.create(problem)
    return ResourceChanging(problem, inner, chosen, total=total, interval=interval)
