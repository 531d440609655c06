"""Progressive asynchronous successive halving, and the factory behind the name "pasha"."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from heapq import heappop, heappush
from math import inf

import msgspec

from tunesmith.errors import UsageError
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
from tunesmith_pasha.noise import Curve, crossing_gap, keeps_order, upper_decile

PEERS = 64
"""With how many of the newest trials of the top rung a further one is compared for noise."""

GAPS = 1024
"""Over how many of the newest pairs of noisy trials the noise is estimated."""


class _Rung(msgspec.Struct):
    """`scores`: (value, arrival, value a rung below), best first; `waiting`: heap of the paused."""

    scores: list[tuple[float, int, float | None]] = []
    waiting: list[tuple[float, int, str]] = []


class _Run(msgspec.Struct):
    """A live trial: the rung it trains to, its value at the last one, and all it reported."""

    goal: int = 0
    score: float | None = None
    is_waiting: bool = False
    curve: Curve = {}


class _State(msgspec.Struct):
    """`top`: the highest open rung; `peers`: who got there; `gaps`: of the noisy pairs there."""

    rungs: list[_Rung]
    top: int
    epsilon: float = 0.0
    peers: list[str] = []
    gaps: list[float] = []
    runs: dict[str, _Run] = {}
    verdicts: dict[str, Stop] = {}
    finished: bool = False


class Pasha:
    """Promote as ASHA does, but open a further rung only where the top two disagree in ranking.

    Algorithm 1 of arXiv 2207.06940: at first the two lowest rungs are open. Whenever a trial gets
    to the highest open one, the trials there are ranked by their values there and by those one rung
    below; unless the rankings agree, the next rung opens. They agree if each place is held by a
    trial that differs by at most ε, one rung below, from the one that should hold it (section
    4.1); ε is the 90th percentile of the differences at the top rung between trials whose curves
    cross and cross back (section 4.2). When no further trial can come and nobody can be promoted,
    training is over: for those at the top rung it is complete.
    """

    def __init__(self, problem: Problem, levels: tuple[float, ...], factor: float) -> None:
        self._unit = problem.resource
        self._levels = levels
        self._factor = factor
        self._state = _State([_Rung() for _ in levels], top=min(1, len(levels) - 1))

    def first(self, trial: TrialView) -> Continue:
        """Let the trial run to its next rung; one that should be paused is asked again at once."""
        run = self._run(trial.id)
        return Continue() if run.is_waiting else Continue(until=self._levels[run.goal])

    def on_report(self, trial: TrialView, result: Result) -> None:
        """Note a point of the trial's curve."""
        self._run(trial.id).curve[result.resource] = result.values[0]

    def on_result(self, trial: TrialView, result: Result) -> Decision:
        """Enter the trial at the highest rung it has reached; pause it unless it may go on."""
        state, run = self._state, self._run(trial.id)
        if trial.id in state.verdicts:
            return state.verdicts[trial.id]
        if result.resource >= self._levels[-1]:
            state.finished = True
            return self._end(trial.id, f"reached max_resource={self._levels[-1]:g}", complete=True)
        if not run.is_waiting:
            if result.resource < self._levels[run.goal]:
                return self.first(trial)
            index = bisect_right(self._levels, result.resource) - 1
            self._enter(trial.id, index, result.values[0])
            if result.values[0] == inf:
                return self._end(trial.id, f"diverged{self._at(index)}")
            leader = next(self._leaders(), None)
            if leader is not None and leader.waiting[0][-1] == trial.id:
                self._promote(leader)
                return Continue(until=self._levels[run.goal])
        return Pause(f"waits for promotion{self._at(run.goal - 1)}")

    def next_trial(self, view: ExperimentView) -> str | None:
        """Give the free slot to a promotable trial, else to a new one."""
        for rung in self._leaders():
            if view.trial(rung.waiting[0][-1]).status != "running":
                return self._promote(rung)
        for trial_id in view.pending:
            if trial_id not in self._state.verdicts and not self._is_waiting(trial_id):
                return trial_id
        if view.running or view.searching:
            return None
        if not (self._state.rungs[self._state.top].scores or self._state.finished):
            for rung in self._leaders(everyone=True):
                return self._promote(rung)
        self._conclude()
        return None

    def on_trial_end(self, trial: TrialView) -> None:
        """Forget the trial; its scores at the rungs stay."""
        self._state.runs.pop(trial.id, None)
        self._state.verdicts.pop(trial.id, None)
        self._state.finished |= trial.status == "completed"

    def review(self) -> dict[str, Stop]:
        """End the trials that will not go on."""
        return self._state.verdicts

    def state(self) -> bytes:
        """Return all that was learnt; MessagePack, since JSON has no infinity."""
        return msgspec.msgpack.encode(self._state)

    def restore(self, data: bytes) -> None:
        """Go on from what `state` returned."""
        self._state = msgspec.msgpack.decode(data, type=_State)

    def _run(self, trial_id: str) -> _Run:
        return self._state.runs.setdefault(trial_id, _Run())

    def _enter(self, trial_id: str, index: int, value: float) -> None:
        """Enter a value at a rung; open the next one if the ranking proves unsettled."""
        state, run = self._state, self._run(trial_id)
        rung = state.rungs[index]
        arrival = len(rung.scores)
        insort(rung.scores, (value, arrival, run.score))
        heappush(rung.waiting, (value, arrival, trial_id))
        # Where trials report more rarely than rungs lie, their first two rungs are not the lowest.
        self._open(index if run.score is not None else index + 1)
        run.goal, run.score, run.is_waiting = index + 1, value, True
        if index == state.top:
            self._listen(trial_id)
            if not keeps_order([x for *_, x in rung.scores if x is not None], state.epsilon):
                self._open(index + 1)

    def _open(self, index: int) -> None:
        if self._state.top < index < len(self._levels):
            self._state.top, self._state.peers, self._state.gaps = index, [], []

    def _listen(self, trial_id: str) -> None:
        """Estimate the noise anew from the pairs that the trial makes with others of the rung."""
        state = self._state
        others = [state.runs[peer].curve for peer in state.peers if peer in state.runs]
        gaps = [crossing_gap(state.runs[trial_id].curve, curve) for curve in others]
        state.gaps = [*state.gaps, *(gap for gap in gaps if gap is not None)][-GAPS:]
        state.peers = [*state.peers, trial_id][-PEERS:]
        if state.gaps:
            state.epsilon = upper_decile(state.gaps)

    def _promote(self, rung: _Rung) -> str:
        *_, trial_id = heappop(rung.waiting)
        self._run(trial_id).is_waiting = False
        return trial_id

    def _leaders(self, *, everyone: bool = False) -> Iterator[_Rung]:
        """Yield the open rungs whose first waiting trial may be promoted, the highest first."""
        for rung in reversed(self._state.rungs[: self._state.top]):
            while rung.waiting and not self._is_waiting(rung.waiting[0][-1]):
                heappop(rung.waiting)
            if rung.waiting:
                rank = bisect_left(rung.scores, rung.waiting[0][:2])
                if everyone or rank < len(rung.scores) // self._factor:
                    yield rung

    def _is_waiting(self, trial_id: str) -> bool:
        return trial_id in self._state.runs and self._state.runs[trial_id].is_waiting

    def _conclude(self) -> None:
        """End all that wait: those at the top rung have trained as far as they should."""
        for trial_id, run in self._state.runs.items():
            if run.is_waiting:
                is_complete = run.goal > self._state.top
                reason = "ranking settled" if is_complete else "not promoted"
                self._end(trial_id, reason + self._at(run.goal - 1), complete=is_complete)

    def _end(self, trial_id: str, reason: str, *, complete: bool = False) -> Stop:
        verdict = Stop(reason, complete=complete)
        self._state.verdicts[trial_id] = verdict
        self._state.runs[trial_id].is_waiting = False
        return verdict

    def _at(self, index: int) -> str:
        return f" at {self._unit}={self._levels[index]:g}"


def pasha(
    problem: Problem,
    *,
    max_resource: float | None = None,
    grace_period: float = 1,
    reduction_factor: float = 3,
) -> Pasha:
    """Return PASHA, asynchronous successive halving that trains no longer than it must.

    Rungs lie at `grace_period` and each `reduction_factor` (η) times as far, up to `max_resource`,
    by default the experiment's, or else 100; one trial in η goes on from each open one (arXiv
    2207.06940). Resources are in the experiment's unit.

    Raises:
        UsageError: an option is out of range.
    """
    if not 1 < reduction_factor < inf:
        raise UsageError(
            f"reduction_factor={reduction_factor!r} must be greater than 1: "
            "one trial in so many goes on at each rung; 3 and 4 are usual"
        )
    top = next(x for x in (max_resource, problem.max_resource, 100.0) if x is not None)
    if not 0 < grace_period < top < inf:
        raise UsageError(
            f"grace_period={grace_period!r} must be positive and below max_resource={top!r}, which "
            f"is the most {problem.resource} a trial gets: lower the one or raise the other"
        )
    levels = [float(grace_period)]
    while levels[-1] * reduction_factor < top:
        levels.append(levels[-1] * reduction_factor)
    return Pasha(problem, (*levels, float(top)), reduction_factor)
