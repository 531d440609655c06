"""Synchronous HyperBand, and the factory behind the name "hyperband"."""

from math import inf

import msgspec

from tunesmith.protocols import (
    Continue,
    Decision,
    ExperimentView,
    Pause,
    Problem,
    Result,
    Stop,
    TrialView,
)
from tunesmith_hyperband.plan import Shape, plan


class _Bracket(msgspec.Struct):
    """One run of successive halving, at its rung number `rung`.

    `scores` has each live member's (resource, value) at the last rung it got to; `behind` of them
    have not got to the present one. `admitted` counts the dead too; a closed bracket takes no more.
    """

    shape: Shape
    rung: int = 0
    admitted: int = 0
    behind: int = 0
    is_closed: bool = False
    scores: dict[str, tuple[float, float]] = {}

    @property
    def level(self) -> float:
        return self.shape.levels[self.rung]

    def waits(self, trial_id: str) -> bool:
        """Whether the member has got to the present rung, where others have not."""
        return self.scores[trial_id][0] >= self.level


class _State(msgspec.Struct):
    """`homes`: each live trial's bracket; `promoted`: who is to be resumed, in this order.

    `verdicts` holds the ends that were decided and have not come yet.
    """

    opened: int = 0
    brackets: dict[int, _Bracket] = {}
    homes: dict[str, int] = {}
    promoted: dict[str, None] = {}
    verdicts: dict[str, Stop] = {}


class HyperBand:
    """Fill one bracket after the other; decide a rung once every live member has got there.

    Algorithm 1 of arXiv 1603.06560: of the n trials that began a bracket the best ⌊n/η^(i+1)⌋ go
    on from rung i, and the brackets of a round, from the most to the least aggressive, are
    followed by the same again. Three things are added, so that it never stands still. Slots
    that a bracket cannot use begin the next bracket. A member that failed, diverged or ended early
    is waited for no longer; its place goes to the next best. And when no further trial can come,
    the last bracket goes on with the members it has, as if it had been planned for so many.
    """

    def __init__(self, problem: Problem, shapes: tuple[Shape, ...], factor: float) -> None:
        self._unit = problem.resource
        self._shapes = shapes
        self._factor = factor
        self._state = _State()

    def first(self, trial: TrialView) -> Continue:
        """Let the trial run to its rung; a new one joins a bracket here."""
        if trial.id in self._state.verdicts:
            return Continue()
        return Continue(until=self._home(trial.id).level)

    def on_result(self, trial: TrialView, result: Result) -> Decision:
        """Pause the trial at its rung unless that completes the rung."""
        if trial.id in self._state.verdicts:
            return self._state.verdicts[trial.id]
        bracket = self._home(trial.id)
        end = bracket.shape.levels[-1]
        if result.resource >= end:
            return self._dismiss(trial.id, Stop(f"reached max_resource={end:g}", complete=True))
        if result.resource >= bracket.level and not bracket.waits(trial.id):
            if result.values[0] == inf:
                return self._dismiss(trial.id, Stop(f"diverged{self._at(bracket)}"))
            bracket.behind -= 1
            bracket.scores[trial.id] = (result.resource, result.values[0])
            self._advance(self._state.homes[trial.id])
        if trial.id in self._state.verdicts:
            return self._state.verdicts[trial.id]
        if bracket.waits(trial.id):
            return Pause(f"waits for its bracket{self._at(bracket)}")
        self._state.promoted.pop(trial.id, None)
        return Continue(until=bracket.level)

    def next_trial(self, view: ExperimentView) -> str | None:
        """Give the free slot to a promoted trial, else to a new one."""
        chosen = self._resume(view) or next(filter(self._may_run, view.pending), None)
        last = self._state.brackets.get(self._state.opened - 1)
        if chosen is None and not view.searching and last is not None and not last.is_closed:
            last.is_closed = True
            self._advance(self._state.opened - 1)
            chosen = self._resume(view)
        return chosen

    def on_trial_end(self, trial: TrialView) -> None:
        """Wait for the trial no longer."""
        self._state.verdicts.pop(trial.id, None)
        self._leave(trial.id)

    def review(self) -> dict[str, Stop]:
        """End the trials that were not promoted."""
        return self._state.verdicts

    def state(self) -> bytes:
        """Return all that was learnt; MessagePack, since JSON has no infinity."""
        return msgspec.msgpack.encode(self._state)

    def restore(self, data: bytes) -> None:
        """Go on from what `state` returned."""
        self._state = msgspec.msgpack.decode(data, type=_State)

    def _home(self, trial_id: str) -> _Bracket:
        """Return the trial's bracket: for a new trial the one that is being filled."""
        state = self._state
        if trial_id not in state.homes:
            last = state.brackets.get(state.opened - 1)
            if last is None or last.is_closed:
                last = _Bracket(self._shapes[state.opened % len(self._shapes)])
                state.brackets[state.opened] = last
                state.opened += 1
            state.homes[trial_id] = state.opened - 1
            last.scores[trial_id] = (0.0, inf)
            last.behind += 1
            last.admitted += 1
            last.is_closed = last.admitted == last.shape.size
        return state.brackets[state.homes[trial_id]]

    def _advance(self, number: int) -> None:
        """Decide the bracket's rung if all are there, and the next if all are there already."""
        bracket = self._state.brackets[number]
        while bracket.is_closed and bracket.scores and not bracket.behind:
            places = max(1, int(bracket.admitted // self._factor ** (bracket.rung + 1)))
            ranked = sorted(bracket.scores, key=lambda trial_id: bracket.scores[trial_id][1])
            reason = f"not among the best {places} of {len(ranked)} trials{self._at(bracket)}"
            for trial_id in ranked[places:]:
                self._state.verdicts[trial_id] = Stop(reason)
                del self._state.homes[trial_id], bracket.scores[trial_id]
            bracket.rung += 1
            below = [trial_id for trial_id in ranked[:places] if not bracket.waits(trial_id)]
            bracket.behind = len(below)
            self._state.promoted |= dict.fromkeys(below)
        if bracket.is_closed and not bracket.scores:
            del self._state.brackets[number]

    def _dismiss(self, trial_id: str, verdict: Stop) -> Stop:
        """End a trial that runs, and wait for it no longer."""
        self._state.verdicts[trial_id] = verdict
        self._leave(trial_id)
        return verdict

    def _leave(self, trial_id: str) -> None:
        self._state.promoted.pop(trial_id, None)
        number = self._state.homes.pop(trial_id, None)
        if number is not None:
            bracket = self._state.brackets[number]
            bracket.behind -= not bracket.waits(trial_id)
            del bracket.scores[trial_id]
            self._advance(number)

    def _resume(self, view: ExperimentView) -> str | None:
        """Return the first promoted trial whose pause has taken effect."""
        for trial_id in self._state.promoted:
            if view.trial(trial_id).status != "running":
                del self._state.promoted[trial_id]
                return trial_id
        return None

    def _may_run(self, trial_id: str) -> bool:
        """Whether a trial without a slot has something to train for."""
        number = self._state.homes.get(trial_id)
        if number is None:
            return trial_id not in self._state.verdicts
        return not self._state.brackets[number].waits(trial_id)

    def _at(self, bracket: _Bracket) -> str:
        return f" at {self._unit}={bracket.level:g}"


def hyperband(
    problem: Problem,
    *,
    max_resource: float | None = None,
    grace_period: float = 1,
    reduction_factor: float = 3,
    brackets: int | None = None,
) -> HyperBand:
    """Return synchronous HyperBand (arXiv 1603.06560, algorithm 1).

    Training ends at `max_resource` (R), by default the experiment's, or else 81. The rungs lie a
    `reduction_factor` (η) apart, counted down from there to `grace_period` or somewhat above.
    `brackets` takes only the first so many of a round, which stop most; 1 is plain successive
    halving. Resources are in the experiment's unit.

    Raises:
        UsageError: an option is out of range.
    """
    given = (max_resource, problem.max_resource, 81.0)
    top = next(value for value in given if value is not None)
    shapes = plan(top, grace_period, reduction_factor, brackets)
    return HyperBand(problem, shapes, reduction_factor)
