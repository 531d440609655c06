"""ASHA that never pauses: a trial which falls behind at a rung is stopped."""

from bisect import bisect_right
from math import ceil

import msgspec

from tunesmith.protocols import Continue, Decision, Result, Stop, TrialView
from tunesmith_asha.ladder import Ladders
from tunesmith_asha.ranking import Fronts, Line, is_diverged, ranking_for


class _State(msgspec.Struct):
    """`scores[bracket][rung]`: what was seen there; `goals`: each trial's next level."""

    scores: list[list[Line | Fronts]]
    goals: dict[str, float] = {}


class StoppingAsha:
    """Stop a trial at a rung unless it is among the best 1/η of all trials that came so far.

    The asynchronous rule of arXiv 1810.05934 (section 3.2), which promotes, turned into one that
    stops and so needs no checkpoints: of n values at the rung, the newest included, the best ⌈n/η⌉
    go on, and any that tie with the last of them. So the first trial always goes on, the second if
    it is no worse. A diverged trial (+inf) goes on only while all at the rung have diverged.
    """

    def __init__(self, ladders: Ladders) -> None:
        self._ladders = ladders
        ranking = ranking_for(ladders.problem)
        self._state = _State([[ranking() for _ in levels[1:]] for levels in ladders.levels])

    def first(self, trial: TrialView) -> Continue:
        """Let the trial run to the first rung at which it was not judged yet."""
        lowest = self._ladders.levels[self._ladders.bracket(trial.id)][0]
        return Continue(until=self._state.goals.get(trial.id, lowest))

    def on_result(self, trial: TrialView, result: Result) -> Decision:
        """Judge the trial at the highest rung it has reached."""
        bracket = self._ladders.bracket(trial.id)
        levels = self._ladders.levels[bracket]
        if result.resource >= levels[-1]:
            return Stop(f"reached max_resource={levels[-1]:g}", complete=True)
        if result.resource < self._state.goals.get(trial.id, levels[0]):
            return self.first(trial)
        rung = bisect_right(levels, result.resource) - 1
        scores = self._state.scores[bracket][rung]
        score = scores.enter(result.values)
        best = ceil(len(scores) / self._ladders.factor)
        is_hopeless = is_diverged(score) and scores.has_sound()
        if is_hopeless or not scores.among(score, best, ties=True):
            place = f"{self._ladders.problem.resource}={levels[rung]:g}"
            return Stop(f"not among the best {best} of {len(scores)} trials at {place}")
        self._state.goals[trial.id] = levels[rung + 1]
        return Continue(until=levels[rung + 1])

    def on_trial_end(self, trial: TrialView) -> None:
        """Forget the trial; its scores at the rungs stay."""
        self._state.goals.pop(trial.id, None)

    def state(self) -> bytes:
        """Return all that was learnt; MessagePack, since JSON has no infinity."""
        return msgspec.msgpack.encode(self._state)

    def restore(self, data: bytes) -> None:
        """Go on from what `state` returned."""
        self._state = msgspec.msgpack.decode(data, type=_State)
