"""Compares trials at one training length, for searchers that have one model for all of them.

The *level* is the furthest resource that enough trials have reached. At a level a trial is worth
what it scored there, however far it trained on; where it was cut short before, nothing is known.
"""

from __future__ import annotations

import math
import pickle
from bisect import bisect_left, insort
from collections.abc import Callable
from copy import copy
from typing import Any

import msgspec

from tunesmith.plugins import Alignment, Pace
from tunesmith.protocols import Config, Observation, ObservationStatus, Problem, Searcher


class Record(msgspec.Struct):
    """A trial: what it scored at each resource, and what the searcher was told of it."""

    config: Config
    status: ObservationStatus = "running"
    has_diverged: bool = False
    curve: dict[float, Observation] = {}
    told: Observation | None = None

    def learn(self, observation: Observation, end: float) -> None:
        """Add an observation; a trial stopped at `end` or later is as good as completed."""
        resource = observation.resource
        if observation.status == "running" and resource < max(self.curve, default=0.0):
            return  # late news of what is known already
        full = observation.status == "stopped" and resource >= end
        self.status = "completed" if full else observation.status
        self.has_diverged = not observation.values and self.status != "failed"
        if observation.values:
            self.curve[resource] = observation

    @property
    def reach(self) -> float:
        """Return the resource up to which the trial is known; a completed one is known for all."""
        is_known = self.status == "completed" and not self.has_diverged
        return math.inf if is_known else max(self.curve, default=-math.inf)

    def standing(self, trial: str, level: float) -> Observation | None:
        """Return what the trial is worth at `level`; None while that may still change."""
        if self.curve and self.reach >= level:
            at = max((r for r in self.curve if r <= level), default=min(self.curve))
            return msgspec.structs.replace(self.curve[at], status="completed")
        status = self.status
        if self.has_diverged:
            status = "completed"
        elif status == "running":
            return None
        elif status == "paused":
            status = "stopped"
        return Observation(trial, self.config, (), max(self.curve, default=0.0), status)


class Levels:
    """How far trials have got, kept in order."""

    def __init__(self) -> None:
        self._reaches: list[float] = []
        self._least_cut = math.inf

    def move(self, before: float, after: float, *, is_cut: bool) -> None:
        """Note that a trial is known up to `after`; -inf stands for not at all."""
        if before > -math.inf:
            del self._reaches[bisect_left(self._reaches, before)]
        if after > -math.inf:
            insort(self._reaches, after)
            if is_cut:
                self._least_cut = min(self._least_cut, after)

    def level(self, enough: int) -> float:
        """Return the furthest resource that `enough` trials have reached, or else all of them."""
        return self._reaches[-enough:][0] if self._reaches else math.inf

    @property
    def is_any_cut(self) -> bool:
        """Tell whether some trial was cut short before another."""
        return bool(self._reaches) and self._least_cut < self._reaches[-1]


class AlignedSearcher:
    """Hands a searcher complete trials only: complete at the level.

    When the level changes, a fresh searcher is made and told all trials by their values there.
    Once trials are cut short, so that a bad suggestion costs little, a share of the suggestions is
    random: a model of few trials is easily misled.
    """

    def __init__(
        self, make: Callable[[Problem], Searcher], problem: Problem, alignment: Alignment
    ) -> None:
        self._make, self._problem, self._alignment = make, problem, alignment
        self._rng = problem.rng("explore")
        self._records: dict[str, Record] = {}
        self._infeasible: list[Observation] = []
        self._levels, self._level, self._round = Levels(), math.inf, 0
        self._searcher: Any = make(problem)

    @property
    def pace(self) -> Pace | None:
        """Return what the searcher itself says; None leaves it to its spec."""
        return getattr(self._searcher, "pace", None)

    def suggest(self, trial_id: str) -> Config | None:
        """Return the searcher's suggestion, or now and then a random one."""
        level = self._levels.level(self._alignment.trials)
        if level != self._level:
            self._renew(level)
        if self._levels.is_any_cut and self._rng.random() < self._alignment.explore:
            config = dict(self._problem.space.draw(self._rng))
            self.adopt(trial_id, config)
            return config
        suggestion: Config | None = self._searcher.suggest(trial_id)
        if suggestion is not None:
            self._records[trial_id] = Record(copy(suggestion))  # which may be no dict at all
        return suggestion

    def adopt(self, trial_id: str, config: Config) -> None:
        """Count a trial as pending that has its configuration from elsewhere."""
        self._records[trial_id] = Record(dict(config))
        self._adopt(trial_id, config)

    def observe(self, observation: Observation) -> None:
        """Pass on what an observation changes about its trial at the level."""
        if observation.status == "infeasible":
            self._infeasible.append(observation)
            self._searcher.observe(observation)
            return
        trial, end = observation.trial_id, self._problem.max_resource or math.inf
        record = self._records.get(trial)
        before = record.reach if record else -math.inf
        if record is None or record.config != observation.config:
            record = self._records[trial] = Record(dict(observation.config))
        record.learn(observation, end)
        is_cut = record.status in ("stopped", "paused")
        self._levels.move(before, record.reach, is_cut=is_cut)
        standing = record.standing(trial, self._level)
        if standing is not None and standing != record.told:
            record.told = standing
            self._searcher.observe(standing)

    def state(self) -> bytes | None:
        """Return the searcher's state and what is known of the trials; None if it saves none."""
        if not hasattr(self._searcher, "state"):
            return None
        known = (self._records, self._infeasible, self._levels, self._level, self._round)
        return pickle.dumps((self._searcher.state(), self._rng, *known))

    def restore(self, state: bytes) -> None:
        """Take up what `state` returned."""
        inner, self._rng, *known = pickle.loads(state)  # noqa: S301  (ours)
        self._records, self._infeasible, self._levels, self._level, self._round = known
        self._searcher = self._make(self._stream())
        self._searcher.restore(inner)

    def _renew(self, level: float) -> None:
        """Tell a fresh searcher everything, at another level."""
        self._level, self._round = level, self._round + 1
        self._searcher = self._make(self._stream())
        for observation in self._infeasible:
            self._searcher.observe(observation)
        for trial, record in self._records.items():
            record.told = record.standing(trial, level)
            if record.told is None:
                self._adopt(trial, record.config)
            elif record.told.status != "stopped":
                self._searcher.observe(record.told)

    def _stream(self) -> Problem:
        """Return the problem with fresh randomness for this searcher."""
        seeds, number = self._problem.seeds, self._round
        if not number:
            return self._problem
        return msgspec.structs.replace(self._problem, seeds=lambda name: seeds(f"{name}/{number}"))

    def _adopt(self, trial: str, config: Config) -> None:
        if hasattr(self._searcher, "adopt"):
            self._searcher.adopt(trial, config)
