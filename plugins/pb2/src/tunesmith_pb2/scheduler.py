"""Population based bandits: the factory behind the name "pb2", and the scheduler."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from math import ceil, floor, inf, isfinite

import msgspec
import numpy as np

from tunesmith.errors import UsageError
from tunesmith.protocols import (
    Config,
    Continue,
    Decision,
    ExperimentView,
    Fork,
    Pause,
    Problem,
    Result,
    Stop,
    TrialView,
)
from tunesmith_pb2.bandit import Points, choose
from tunesmith_pb2.genome import Genome, make_genome

SLACK = 1e-9
"""What float rounding may take from a multiple of the interval."""

WINDOW = 100
"""Newest observations that the Gaussian process is given, so that a decision stays cheap."""

ENOUGH = 4
"""Observations before which clones explore at random."""


class _Rules(msgspec.Struct, frozen=True):
    problem: Problem
    interval: float
    quantile: float
    size: int
    end: float


def pb2(
    problem: Problem,
    *,
    interval: float = 1,
    population_size: int | None = None,
    quantile: float = 0.25,
    mutate: Sequence[str] | None = None,
    resample_probability: float = 0.25,
    max_resource: float | None = None,
) -> "PopulationBasedBandits":
    """Return population based bandits (arXiv 2002.02518).

    Every `interval` (in the experiment's resource) a member among the worst `quantile` becomes a
    clone of one among the best, at the place where a Gaussian process, fitted to how much members
    gained per interval with which configuration and when, has its largest upper confidence bound.
    Numbers and ordinals, at the paths in `mutate` or all, are chosen so; categories stay, or are
    drawn anew with `resample_probability`.

    Raises:
        UsageError: an option is out of range.
    """
    size = problem.num_samples if population_size is None else population_size
    given = (max_resource, problem.max_resource, inf)
    end = next(value for value in given if value is not None)
    checks: list[tuple[bool, str, object, str]] = [
        (0 < interval < inf, "interval", interval, "a positive number"),
        (0 < quantile <= 0.5, "quantile", quantile, "above 0 and at most 0.5"),
        (end > 0, "max_resource", end, "a positive number"),
        ((size or 0) > 1, "population_size", size, "two members at least; num_samples by default"),
    ]
    for holds, name, value, expected in checks:
        if not holds:
            raise UsageError(f"{name}={value!r} of pb2: expected {expected}")
    rules = _Rules(problem, interval, quantile, size or 0, end)
    return PopulationBasedBandits(rules, make_genome(problem, mutate, resample_probability))


class _Member(msgspec.Struct):
    """A live trial; `past` are the values that led to its state, `rests` that it has no slot.

    `sure`: the last value is finite, and of the very state of the newest checkpoint. `breaks`: it
    breaks an outcome constraint, and so tells the rank only, not what was gained.
    """

    goal: float = 0.0
    config: Config = {}
    past: list[tuple[float, float]] = []
    sure: bool = False
    breaks: bool = False
    turns: int = 0
    rests: bool = False


class _State(msgspec.Struct):
    """`gains`: (interval, place, gain per interval), None for a gain that was none (NaN)."""

    members: dict[str, _Member] = {}
    queue: list[str] = []
    forks: dict[str, Fork] = {}
    gains: list[tuple[int, list[float], float | None]] = []
    suggested: int = 0
    searching: bool = True


class PopulationBasedBandits:
    """Exploit by truncation, explore by a bandit: arXiv 2002.02518, section 3 and algorithm 1.

    A clone is a `Fork`, from a live member with a finite value and a checkpoint of the state that
    scored it; one that diverged always looks for a source. Members rest at each interval where
    others wait for a slot, which goes to the one furthest behind.
    """

    def __init__(self, rules: _Rules, genome: Genome) -> None:
        self._rules = rules
        self._genome = genome
        self._state = _State()

    def on_trial_add(self, trial: TrialView) -> None:
        """Have the trial wait for its place in the population."""
        self._state.queue.append(trial.id)
        self._state.suggested += 1

    def first(self, trial: TrialView) -> Continue:
        """Let a member that starts, is resumed or was forked run to its next interval."""
        self._state.queue = [waiting for waiting in self._state.queue if waiting != trial.id]
        self._state.forks.pop(trial.id, None)
        member = self._state.members.setdefault(trial.id, _Member())
        member.rests, member.config = False, trial.config
        return self._go_on(member, trial.resource)

    def on_result(self, trial: TrialView, result: Result) -> Decision:
        """Learn what the interval brought; the member goes on, rests, or becomes a clone."""
        state, member = self._state, self._state.members[trial.id]
        if result.resource < min(member.goal, self._rules.end):
            return Continue(until=member.goal)
        self._learn(member, result)
        if result.resource >= self._rules.end:
            return Stop(f"reached max_resource={self._rules.end:g}", complete=True)
        saved = trial.checkpoint
        place = None if saved is None else (saved.trial, saved.resource)
        member.sure = member.past[-1][1] < inf and place == (trial.id, result.resource)
        fork = self._exploit(trial.id)
        others = [m for x, m in state.members.items() if x != trial.id]
        member.rests = any(m.rests for m in others) or self._missing() > 0
        if member.rests:
            state.forks |= {trial.id: fork} if fork else {}
            where = f"{self._rules.problem.resource}={result.resource:g}"
            return Pause(f"leaves its slot to others at {where}")
        return fork or self._go_on(member, result.resource)

    def review(self) -> Mapping[str, Fork]:
        """Return what was decided on members that rest."""
        return self._state.forks

    def next_trial(self, view: ExperimentView) -> str | None:
        """Give the slot to a lost member, a new one, or the one furthest behind."""
        state = self._state
        state.searching = view.searching
        has_place = len(state.members) < self._rules.size
        for trial_id in view.pending:
            if has_place or trial_id in state.members:
                return trial_id
        if has_place and view.searching and not view.pending:
            return None
        return min(view.paused, key=lambda x: view.trial(x).resource, default=None)

    def on_trial_end(self, trial: TrialView) -> None:
        """Forget a member; what it taught stays."""
        self._state.queue = [waiting for waiting in self._state.queue if waiting != trial.id]
        self._state.members.pop(trial.id, None)
        self._state.forks.pop(trial.id, None)

    def state(self) -> bytes:
        """Return all that was learnt; MessagePack, since JSON has no infinity."""
        return msgspec.msgpack.encode(self._state)

    def restore(self, data: bytes) -> None:
        """Go on from what `state` returned."""
        self._state = msgspec.msgpack.decode(data, type=_State)

    def _go_on(self, member: _Member, resource: float) -> Continue:
        member.goal = min((self._level(resource) + 1) * self._rules.interval, self._rules.end)
        return Continue(until=member.goal)

    def _level(self, resource: float) -> int:
        return floor(resource / self._rules.interval + SLACK)

    def _missing(self) -> float:
        """Return how many members are still to start."""
        state, limit = self._state, self._rules.problem.num_samples
        total = inf if limit is None else limit
        coming = (total - state.suggested if state.searching else 0) + len(state.queue)
        return max(min(self._rules.size - len(state.members), coming), 0)

    def _learn(self, member: _Member, result: Result) -> None:
        """Note the value, and what was gained since the last one."""
        value = result.values[0] if isfinite(result.values[0]) else inf
        before = member.past[-1] if member.past and not member.breaks else None
        member.past.append((result.resource, value))
        member.breaks = result.violation > 0
        if before is None or before[1] == inf or result.resource <= before[0]:
            return
        intervals = (result.resource - before[0]) / self._rules.interval
        gain = (before[1] - value) / intervals
        place = self._genome.place(member.config)
        known = gain if isfinite(gain) and not member.breaks else None
        self._state.gains.append((self._level(result.resource), place, known))
        del self._state.gains[:-WINDOW]

    def _exploit(self, trial_id: str) -> Fork | None:
        """Return a clone of one of the best, if the member is among the worst of its age."""
        member = self._state.members[trial_id]
        member.turns += 1
        rng = self._rules.problem.rng(f"pb2/{trial_id}/{member.turns}")
        values = self._values(member)
        ranking = sorted(values, key=lambda x: (values[x], x))
        # Rounded first: a fifth of ten may come out as a little more than two.
        share = min(ceil(round(self._rules.quantile * len(ranking), 9)), len(ranking) // 2)
        if values.get(trial_id) != inf and trial_id not in ranking[len(ranking) - share :]:
            return None
        able = {x for x, m in self._state.members.items() if m.sure and x != trial_id}
        sources = [x for x in ranking[:share] if x in able]
        if not sources:
            return None
        source = rng.choice(sources)
        winner = self._state.members[source]
        config = self._explore(trial_id, winner, seed=rng.randrange(2**63))
        member.past, member.breaks, member.sure = list(winner.past), winner.breaks, False
        return Fork(source, config, f"goes on as a clone of {source}")

    def _values(self, member: _Member) -> dict[str, float]:
        """Return the values of all at one age: the latest that this and enough others came to."""
        pasts = {x: m.past for x, m in self._state.members.items() if m.past}
        reached = sorted((past[-1][0] for past in pasts.values()), reverse=True)
        enough = min(len(self._state.members), ceil(1 / self._rules.quantile))
        if len(reached) < enough:
            return {}
        age = min(reached[enough - 1], member.past[-1][0])
        places = {x: bisect_right(past, (age, inf)) for x, past in pasts.items()}
        return {x: pasts[x][at - 1][1] for x, at in places.items() if at and pasts[x][-1][0] >= age}

    def _explore(self, trial_id: str, winner: _Member, *, seed: int) -> Config:
        """Return where the clone trains next: the best place that the constraint allows."""
        chance = self._rules.problem.rng(f"pb2/explore/{seed}")
        generator = np.random.default_rng(seed)
        gains = self._state.gains
        known = [gain for *_, gain in gains if gain is not None]
        size = len(self._genome.ordered)
        if len(known) < ENOUGH:
            places = generator.random((WINDOW, size))
        else:
            worst = min(known)
            places = choose(
                _points([(level, place) for level, place, _ in gains], size),
                np.array([worst if gain is None else gain for *_, gain in gains]),
                _points(self._pending(trial_id), size),
                time=self._level(winner.past[-1][0]) + 1,
                rng=generator,
            )
        for place in places[:WINDOW]:
            config = self._genome.build(place.tolist(), winner.config, chance)
            if self._rules.problem.allows(config):
                return config
        return winner.config

    def _pending(self, trial_id: str) -> list[tuple[int, list[float]]]:
        """Return when and where the other members train now."""
        others = [(x, m) for x, m in self._state.members.items() if x != trial_id]
        forks = self._state.forks
        return [
            (self._level(m.goal), self._genome.place(forks[x].config if x in forks else m.config))
            for x, m in others
        ]


def _points(rows: Sequence[tuple[int, list[float]]], size: int) -> Points:
    times = np.array([level for level, _ in rows], dtype=float)
    return Points(times, np.array([place for _, place in rows], dtype=float).reshape(-1, size))
