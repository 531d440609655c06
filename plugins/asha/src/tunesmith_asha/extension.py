"""ASHA that can be taken further than it was to go, and takes trials up that were over."""

from abc import ABC, abstractmethod
from bisect import bisect_left
from math import inf, nextafter
from typing import Any

import msgspec

from tunesmith.protocols import Continue, Decision, Pause, Result, Stop, TrialView
from tunesmith_asha.ladder import Ladders, build_ladders
from tunesmith_asha.promotion import PromotionAsha, Rung
from tunesmith_asha.ranking import ranking_for
from tunesmith_asha.stopping import StoppingAsha

_Saved = tuple[float, bytes, list[tuple[str, Result]]]


class Extension(ABC):
    """What both variants have in common: they remember who came to the end, and with what.

    With a larger end those are judged at the rung where they stand, in the order in which they came
    there: so the rungs are as if the experiment had been to go so far from the beginning.
    """

    _ladders: Ladders
    _state: Any

    def __init__(self, ladders: Ladders) -> None:
        super().__init__(ladders)  # type: ignore[call-arg]
        self._ends: list[tuple[str, Result]] = []

    @property
    def max_resource(self) -> float:
        """How far trials train."""
        return self._ladders.levels[0][-1]

    def on_result(self, trial: TrialView, result: Result) -> Decision:
        """Decide as the variant does, and take note of an end."""
        decision: Decision = super().on_result(trial, result)  # type: ignore[misc]
        if isinstance(decision, Stop) and decision.complete:
            self._ends.append((trial.id, msgspec.structs.replace(result, metrics={})))
        return decision

    def extend(self, max_resource: float) -> dict[str, Continue | Pause]:
        """Train further; return how those go on that had come to the end."""
        self._ladders = _extended(self._ladders, max_resource)
        self._grow()
        goals = self._state.goals
        for trial_id, goal in goals.items():
            goals[trial_id] = _next_level(self._ladders, trial_id, goal)
        ends, self._ends = self._ends, []
        going: dict[str, Continue | Pause] = {}
        for trial_id, last in ends:
            goals[trial_id] = _next_level(self._ladders, trial_id, last.resource)
            trial = TrialView(id=trial_id, config={}, status="running")
            decision: Decision = super().on_result(trial, last)  # type: ignore[misc]
            if isinstance(decision, Continue | Pause):
                going[trial_id] = decision
            else:
                del goals[trial_id]
        return going

    def revive(self, trial: TrialView) -> None:
        """Judge the trial next at the first rung that it has not come to."""
        if trial.id not in self._state.goals:
            self._state.goals[trial.id] = _next_level(
                self._ladders, trial.id, nextafter(trial.resource, inf)
            )

    def state(self) -> bytes:
        """Return all that was learnt, and how far trials train by now."""
        inner = super().state()  # type: ignore[misc]
        return msgspec.msgpack.encode((self.max_resource, inner, self._ends))

    def restore(self, data: bytes) -> None:
        """Go on from what `state` returned."""
        top, inner, self._ends = msgspec.msgpack.decode(data, type=_Saved)
        self._ladders = _extended(self._ladders, top)
        super().restore(inner)  # type: ignore[misc]

    @abstractmethod
    def _grow(self) -> None:
        """Add the rungs that there are now."""


class ExtensibleStopping(Extension, StoppingAsha):
    """The stopping variant."""

    def _grow(self) -> None:
        new = ranking_for(self._ladders.problem)
        for levels, scores in zip(self._ladders.levels, self._state.scores, strict=True):
            scores += [new() for _ in levels[len(scores) + 1 :]]


class ExtensiblePromotion(Extension, PromotionAsha):
    """The promoting variant: whoever had come to the end waits for promotion from there."""

    def _grow(self) -> None:
        new, state = ranking_for(self._ladders.problem), self._state
        known = {(rung.level, rung.bracket) for rung in state.rungs}
        places = ((level, b) for b, x in enumerate(self._ladders.levels) for level in x[:-1])
        state.rungs += [Rung(*place, new()) for place in places if place not in known]
        state.rungs.sort(key=lambda rung: -rung.level)
        state.finished = False


def _extended(ladders: Ladders, top: float) -> Ladders:
    """Return the ladders with rungs at the same places, up to another end."""
    grace, count = ladders.levels[0][0], len(ladders.levels)
    return build_ladders(ladders.problem, top, grace, ladders.factor, count)


def _next_level(ladders: Ladders, trial_id: str, resource: float) -> float:
    """Return a trial's first level that is not below `resource`, else the end."""
    levels = ladders.levels[ladders.bracket(trial_id)]
    return levels[min(bisect_left(levels, resource), len(levels) - 1)]
