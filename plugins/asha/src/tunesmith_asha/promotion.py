"""ASHA that pauses trials at rungs and promotes the best of them later."""

from collections.abc import Iterator
from heapq import heappop, heappush

import msgspec

from tunesmith.protocols import Continue, Decision, ExperimentView, Pause, Result, Stop, TrialView
from tunesmith_asha.ladder import Ladders
from tunesmith_asha.ranking import Fronts, Line, Score, is_diverged, ranking_for


class Rung(msgspec.Struct):
    """`scores`: of all who came; `waiting`: a heap of those paused."""

    level: float
    bracket: int
    scores: Line | Fronts
    waiting: list[tuple[Score, str]] = []


class _State(msgspec.Struct):
    """`goals`: each trial's next level; `idle`: the paused; `finished`: one got to the end."""

    rungs: list[Rung]
    goals: dict[str, float] = {}
    idle: set[str] = set()
    finished: bool = False


class PromotionAsha:
    """Pause every trial at each rung; promote it once it is among the best 1/η of that rung.

    Algorithm 2 of arXiv 1810.05934: a free slot goes to the best promotable trial of the highest
    rung that has one (the best ⌊n/η⌋ of n are promotable, a diverged trial never is), else to a
    new trial. Two things are added. A trial that would be resumed at once goes on without the
    pause. And where the paper's supply of configurations has no end, ours has: when nothing else
    can run, the leader of the highest rung trains on to the end unless another trial got there.
    """

    def __init__(self, ladders: Ladders) -> None:
        self._ladders = ladders
        new, levels = ranking_for(ladders.problem), enumerate(ladders.levels)
        rungs = [Rung(level, b, new()) for b, x in levels for level in x[:-1]]
        self._state = _State(sorted(rungs, key=lambda rung: -rung.level))

    def first(self, trial: TrialView) -> Continue:
        """Let the trial run to its next rung; one that should be paused is asked again at once."""
        if trial.id in self._state.idle:
            return Continue()
        lowest = self._ladders.levels[self._ladders.bracket(trial.id)][0]
        return Continue(until=self._state.goals.get(trial.id, lowest))

    def on_result(self, trial: TrialView, result: Result) -> Decision:
        """Enter the trial at the highest rung it has reached; pause it unless it may go on."""
        bracket = self._ladders.bracket(trial.id)
        levels = self._ladders.levels[bracket]
        if result.resource >= levels[-1]:
            self._state.finished = True
            return Stop(f"reached max_resource={levels[-1]:g}", complete=True)
        if trial.id not in self._state.idle:
            if result.resource < self._state.goals.get(trial.id, levels[0]):
                return self.first(trial)
            mine = (rung for rung in self._state.rungs if rung.bracket == bracket)
            rung = next(rung for rung in mine if rung.level <= result.resource)
            heappush(rung.waiting, (rung.scores.enter(result.values), trial.id))
            self._state.goals[trial.id] = levels[levels.index(rung.level) + 1]
            self._state.idle.add(trial.id)
            if next(self._leaders(), None) is rung and rung.waiting[0][-1] == trial.id:
                return Continue(until=self._state.goals[self._promote(rung)])
        return Pause(f"waits for promotion at {self._ladders.problem.resource}={result.resource:g}")

    def next_trial(self, view: ExperimentView) -> str | None:
        """Give the free slot to a promotable trial, else to a new one."""
        for rung in self._leaders():
            if view.trial(rung.waiting[0][-1]).status != "running":
                return self._promote(rung)
        if view.pending:
            return view.pending[0]
        if not (view.running or view.searching or self._state.finished):
            for rung in self._leaders(everyone=True):
                self._state.finished = True
                self._state.goals[rung.waiting[0][-1]] = self._ladders.levels[0][-1]
                return self._promote(rung)
        return None

    def on_trial_end(self, trial: TrialView) -> None:
        """Forget the trial; its scores at the rungs stay."""
        self._state.goals.pop(trial.id, None)
        self._state.idle.discard(trial.id)
        self._state.finished |= trial.status == "completed"

    def state(self) -> bytes:
        """Return all that was learnt; MessagePack, since JSON has no infinity."""
        return msgspec.msgpack.encode(self._state)

    def restore(self, data: bytes) -> None:
        """Go on from what `state` returned."""
        self._state = msgspec.msgpack.decode(data, type=_State)

    def _promote(self, rung: Rung) -> str:
        *_, trial_id = heappop(rung.waiting)
        self._state.idle.remove(trial_id)
        return trial_id

    def _leaders(self, *, everyone: bool = False) -> Iterator[Rung]:
        """Yield the rungs whose first waiting trial may be promoted, the highest rung first."""
        for rung in self._state.rungs:
            rung.scores.lead(rung.waiting)
            while rung.waiting and rung.waiting[0][-1] not in self._state.idle:
                heappop(rung.waiting)
                rung.scores.lead(rung.waiting)
            if rung.waiting and not is_diverged(rung.waiting[0][0]):
                places = len(rung.scores) // self._ladders.factor
                if everyone or rung.scores.among(rung.waiting[0][0], places):
                    yield rung
