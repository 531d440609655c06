"""The searcher "dehb": differential evolution across resource levels."""

from math import inf, isnan, nan
from random import Random
from typing import Any

import msgspec

from tunesmith.errors import UsageError
from tunesmith.protocols import Observation, Problem
from tunesmith.space import Cube, SpaceError
from tunesmith_dehb.plan import Place, number_of, plan_for

Vector = tuple[float, ...]

PARENTS = 3
"""How many different points a mutation takes (rand/1)."""


class Member(msgspec.Struct):
    """A point that was evaluated at a level, and who did."""

    vector: Vector
    score: float
    trial: str


class Proposal(msgspec.Struct):
    """A point under evaluation: which level it is meant for, and whom it challenges there.

    `reached` is the highest level at which it took part.
    """

    vector: Vector
    level: int = -1
    rival: int | None = None
    reached: int = -1


class State(msgspec.Struct):
    """`promoted`: whose points were passed on, by the level they went to; `drawn`: streams used.

    `finished` are trials of the first bracket that nobody waits for any more. `carries`: the
    scheduler takes good trials further by itself.
    """

    populations: list[list[Member]]
    turns: list[int]
    proposals: dict[str, Proposal] = {}
    promoted: list[set[str]] = []
    finished: set[int] = set()
    carries: bool = False
    drawn: int = 0


class DehbSearcher:
    """Evolve a population for each resource level, with parents from the level below.

    DEHB (arXiv 2105.09821, section 4): trials come in HyperBand's brackets. A bracket's first rung
    evolves by itself: parents and the challenged are of the same population. On a higher rung,
    mutants are made of the best of the level below, as many as HyperBand would have promoted, and
    challenge a member of the rung's own population, each in its turn. Mutation is rand/1 with
    `mutation_factor`, crossover is binomial with probability `crossover`; what leaves the cube is
    drawn anew there. In the first iteration (section 4.1) a bracket passes its best on from rung to
    rung, as they are, and the first rung of all is one of random points.

    It is complete with the scheduler "dehb", given the same `max_resource`, `grace_period` and
    `reduction_factor`. With another one, points take part at each level to which that takes them,
    and are not passed on as new trials where it takes the good ones further itself.

    Raises:
        UsageError: an option is out of range.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        max_resource: float | None = None,
        grace_period: float = 1,
        reduction_factor: float = 3,
        mutation_factor: float = 0.5,
        crossover: float = 0.5,
    ) -> None:
        for name, value, most in (
            ("mutation_factor", mutation_factor, 2),
            ("crossover", crossover, 1),
        ):
            if not 0 < value <= most:
                raise UsageError(
                    f"{name}={value!r} must be above 0 and at most {most}; 0.5 is usual"
                )
        self._problem = problem
        self._plan = plan_for(problem, max_resource, grace_period, reduction_factor)
        self._cube = Cube(problem.space)
        self._factor = mutation_factor
        self._crossover = crossover
        levels = self._plan.levels
        self._state = State(
            [[] for _ in levels], [0 for _ in levels], promoted=[set() for _ in levels]
        )

    def suggest(self, trial_id: str) -> dict[str, Any] | None:
        """Return the next point's configuration; None while the first bracket's rung below runs."""
        place = self._plan.place(number_of(trial_id))
        waits = place.is_seed and not place.rung.is_base and not self._state.carries
        if waits and not self._state.finished.issuperset(self._below(place)):
            return None
        proposal = self._propose(place)
        self._state.proposals[trial_id] = proposal
        return self._cube.decode(proposal.vector)

    def observe(self, observation: Observation) -> None:
        """Let the point take part at the level it has got to."""
        trial_id, is_over = observation.trial_id, observation.status not in ("running", "paused")
        level = self._plan.reached(observation.resource)
        proposal = self._proposal(observation)
        score = observation.values[0] if observation.values else inf
        if proposal is not None and level is not None and level > proposal.reached:
            self._state.carries |= -1 < proposal.level < level or observation.status == "paused"
            proposal.reached = level
            if score < inf:
                self._enter(level, proposal, Member(proposal.vector, score, trial_id))
        if trial_id.isdecimal() and number_of(trial_id) < self._plan.seeds:
            meant = self._plan.place(number_of(trial_id)).rung.level
            if is_over or (level is not None and level >= meant):
                self._state.finished.add(number_of(trial_id))
        if is_over:
            self._state.proposals.pop(trial_id, None)

    def state(self) -> bytes:
        """Return all that was learnt; MessagePack, since JSON has no infinity."""
        return msgspec.msgpack.encode(self._state)

    def restore(self, data: bytes) -> None:
        """Go on from what `state` returned."""
        self._state = msgspec.msgpack.decode(data, type=State)

    # Making points -------------------------------------------------------------------------------

    def _propose(self, place: Place) -> Proposal:
        rng, level = self._rng(), place.rung.level
        if place.is_seed and place.rung.is_base:
            return Proposal(self._anywhere(rng), level)
        if (place.is_seed or not self._state.carries) and place.is_early and not place.rung.is_base:
            passed = self._passed_on(place)
            if passed is not None:
                return Proposal(passed.vector, level)
        rival = self._next_rival(level)
        population = self._state.populations[level]
        everyone = [member for each in self._state.populations for member in each]
        if rival is not None:
            target = population[rival].vector
        else:
            target = rng.choice(everyone).vector if everyone else self._anywhere(rng)
        mutant = self._mutant(self._parents(place, rival, everyone, rng), rng)
        return Proposal(self._cross(target, mutant, rng), level, rival)

    def _passed_on(self, place: Place) -> Member | None:
        """Return the best of the level below that nobody took further yet."""
        level, state = place.rung.level, self._state
        best = sorted(state.populations[level - 1], key=lambda member: member.score)
        ahead = {member.trial for member in state.populations[level]} | state.promoted[level]
        # What a scheduler that promotes has not taken further is worth a trial among the best only.
        for member in best[: place.rung.size] if state.carries else best:
            is_carried = state.carries and member.trial in state.proposals
            if not (is_carried or member.trial in ahead):
                state.promoted[level].add(member.trial)
                return member
        return None

    def _next_rival(self, level: int) -> int | None:
        """Return whose turn it is to be challenged; None while the population still grows."""
        if len(self._state.populations[level]) < self._plan.capacity(level):
            return None
        turn = self._state.turns[level]
        self._state.turns[level] = (turn + 1) % self._plan.capacity(level)
        return turn

    def _parents(
        self, place: Place, rival: int | None, everyone: list[Member], rng: Random
    ) -> list[Vector]:
        """Return the points that mutants are made of, at least `PARENTS`."""
        if place.rung.is_base:
            own = self._state.populations[place.rung.level]
            pool = [member for index, member in enumerate(own) if index != rival]
        else:
            below = self._state.populations[place.rung.level - 1]
            pool = sorted(below, key=lambda member: member.score)[: place.rung.size]
        parents = [member.vector for member in pool]
        others = [member.vector for member in everyone if member.vector not in parents]
        while len(parents) < PARENTS:
            index = rng.randrange(len(others)) if others else 0
            parents.append(others.pop(index) if others else self._anywhere(rng))
        return parents

    def _mutant(self, parents: list[Vector], rng: Random) -> Vector:
        triple = zip(*rng.sample(parents, PARENTS), strict=True)
        moved = (a + self._factor * (b - c) for a, b, c in triple)
        return tuple(x if 0 <= x <= 1 else rng.random() for x in moved)

    def _cross(self, target: Vector, mutant: Vector, rng: Random) -> Vector:
        """Mix the two; at least one coordinate is the mutant's."""
        certain = rng.randrange(len(target)) if target else 0
        return tuple(
            new if rng.random() < self._crossover or index == certain else old
            for index, (old, new) in enumerate(zip(target, mutant, strict=True))
        )

    # Learning ------------------------------------------------------------------------------------

    def _enter(self, level: int, proposal: Proposal, member: Member) -> None:
        """Add the point while the population grows; then it replaces its rival if no worse."""
        population = self._state.populations[level]
        if len(population) < self._plan.capacity(level):
            population.append(member)
            return
        rival = proposal.rival if proposal.level == level else None
        if rival is None:
            rival = self._next_rival(level)
        if rival is not None and member.score <= population[rival].score:
            population[rival] = member

    def _proposal(self, observation: Observation) -> Proposal | None:
        """Return the point of a trial; one from elsewhere, or that was changed, is placed anew."""
        proposal = self._state.proposals.get(observation.trial_id)
        if proposal is None or self._cube.decode(proposal.vector) != observation.config:
            try:
                point = self._cube.encode(observation.config, inactive=nan)
            except SpaceError:
                return None  # from outside this space, say an earlier run's
            rng = self._rng()
            proposal = Proposal(tuple(rng.random() if isnan(x) else x for x in point))
            self._state.proposals[observation.trial_id] = proposal
        return proposal

    def _below(self, place: Place) -> range:
        """Return the trials of the rung below one of the first bracket."""
        before = self._plan.rungs[place.rung.level - 1]
        return range(place.begin - before.size, place.begin)

    def _anywhere(self, rng: Random) -> Vector:
        return tuple(rng.random() for _ in range(len(self._cube)))

    def _rng(self) -> Random:
        """Return a fresh stream, so that a searcher's state holds no generator."""
        self._state.drawn += 1
        return self._problem.rng(f"dehb/{self._state.drawn}")
