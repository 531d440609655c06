"""Bayesian optimisation with one Gaussian process over configurations and training lengths.

After MOBSTER (Klein, Tiao, Lienart, Archambeau and Seeger, arXiv 2003.10865): the joint model over
configuration and resource, the expected improvement at one resource, pending trials believed in.
Otherwise here: losses become normal scores of their ranks, so that neither outliers nor diverged
trials matter; a share of the suggestions is random.
"""

import math
import pickle

import msgspec
import numpy as np
from scipy.special import ndtr, ndtri

from tunesmith.errors import OptionError
from tunesmith.protocols import Config, Observation, Problem
from tunesmith.space import Cube, SpaceError
from tunesmith_gp._process import Process
from tunesmith_gp._space import Array, Features

FIT = 200
"""How many of the losses the hyperparameters are fitted to."""

GROWTH = 1.15
"""They are fitted anew when there are so many times as many losses as at the last fit."""


class Record(msgspec.Struct):
    """A trial: where it is in the cube, its losses by resource, and whether it may still train."""

    config: Config
    point: list[float]
    curve: dict[float, float] = {}
    is_pending: bool = True


class GaussianProcessSearcher:
    """Suggests where a trial, trained to the end, is expected to improve most on the best.

    The first `n_startup_trials`, and a share `random_fraction` after them, are drawn from the
    space. The model has at most `max_observations` losses, those of the longest training first:
    the time that a suggestion takes grows with its cube.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        n_startup_trials: int = 10,
        random_fraction: float = 1 / 3,
        candidates: int = 600,
        max_observations: int = 400,
    ) -> None:
        """Raise an `OptionError` for what is not possible."""
        for name, value, fits, wanted in (
            ("n_startup_trials", n_startup_trials, n_startup_trials >= 2, "2 or more"),
            ("random_fraction", random_fraction, 0 <= random_fraction <= 1, "from 0 to 1"),
            ("candidates", candidates, candidates >= 10, "10 or more"),
            ("max_observations", max_observations, max_observations >= 10, "10 or more"),
        ):
            if not fits:
                raise OptionError(f"searcher 'gp': {name}={value!r}; expected {wanted}")
        self._startup, self._random_fraction = n_startup_trials, random_fraction
        self._candidates, self._most = candidates, max_observations
        self._end = problem.max_resource or 0.0
        self._cube, self._features = Cube(problem.space), Features(problem.space)
        self._process = Process(self._features.owners)
        self._fitted = 0
        self._rng = np.random.default_rng(problem.seed("gp"))
        self._records: dict[str, Record] = {}

    def suggest(self, trial_id: str) -> Config:
        """Return a flat configuration; the trial counts as pending from now on."""
        told = sum(bool(record.curve) for record in self._records.values())
        explores = self._rng.random() < self._random_fraction
        if told < self._startup or explores or not len(self._cube):
            config = self._cube.decode(self._rng.random(len(self._cube)))
        else:
            config = self._improve()
        self._records[trial_id] = Record(config, self._cube.encode(config))
        return dict(config)

    def observe(self, observation: Observation) -> None:
        """Learn one fact about any trial; a configuration from outside the space is passed over."""
        if observation.status == "infeasible":
            if (refused := self._records.pop(observation.trial_id, None)) is not None:
                refused.curve, refused.is_pending = {0.0: math.inf}, False
                self._records[f"infeasible {len(self._records)}"] = refused
            return
        record = self._records.get(observation.trial_id)
        if record is None or record.config != observation.config:
            try:
                point = self._cube.encode(observation.config)
            except SpaceError:
                return
            record = Record(dict(observation.config), point)
            self._records[observation.trial_id] = record
        status, resource = observation.status, observation.resource
        if status == "running" and resource < max(record.curve, default=0.0):
            return  # late news of what is known already
        record.is_pending = status == "running"
        if observation.values and math.isfinite(observation.values[0]):
            record.curve[resource] = observation.values[0]
        elif status in ("running", "failed", "completed"):
            record.curve[max(record.curve, default=resource)] = math.inf

    def state(self) -> bytes:
        """Return the trials, the generator and the model's hyperparameters; pickled."""
        return pickle.dumps((self._records, self._rng, self._process.theta, self._fitted))

    def restore(self, state: bytes) -> None:
        """Take up what `state` returned, in a searcher made with the same problem and options."""
        restored = pickle.loads(state)  # noqa: S301  (ours)
        self._records, self._rng, self._process.theta, self._fitted = restored

    def _improve(self) -> Config:
        """Return the configuration, of those not tried yet, with the most expected improvement."""
        points, times, scores = self._losses()
        features = self._features(points)
        if len(scores) >= GROWTH * self._fitted:
            some = self._rng.permutation(len(scores))[:FIT]
            self._process.fit(features[some], times[some], scores[some])
            self._fitted = len(scores)
        self._process.condition(features, times, scores)
        tried = np.unique(points, axis=0)
        means = self._process.mean(self._features(tried), 1.0)
        leaders = tried[np.argsort(means, kind="stable")[:5]]
        pending = [record.point for record in self._records.values() if record.is_pending]
        if pending:
            waiting = np.array(pending)
            there = self._features(waiting)
            believed = self._process.mean(there, 1.0)
            features = np.vstack([features, there])
            times = np.append(times, np.ones(len(waiting)))
            self._process.condition(features, times, np.append(scores, believed))
        return self._search(leaders, float(means.min()))

    def _losses(self) -> tuple[Array, Array, Array]:
        """Return points, times (0 at the first resource, 1 at the end) and scores of all losses."""
        rows = [
            (resource, loss, record.point)
            for record in self._records.values()
            for resource, loss in record.curve.items()
        ]
        resources = np.array([row[0] for row in rows])
        last = max(resources.max(), self._end) or 1.0
        first = resources[resources > 0].min(initial=last)
        length = math.log(last / first) or 1.0
        times = np.log(np.maximum(resources, first) / first) / length
        losses = [row[1] for row in rows]
        _, place, count = np.unique(losses, return_inverse=True, return_counts=True)
        scores = ndtri((np.cumsum(count) - count / 2)[place] / len(rows))
        kept = np.argsort(-times, kind="stable")[: self._most]
        return np.array([row[2] for row in rows])[kept], times[kept], scores[kept]

    def _search(self, leaders: Array, best: float) -> Config:
        """Return the best of random points and of ever smaller steps from the best of them."""
        near = np.repeat(leaders, -(-self._candidates // (2 * len(leaders))), axis=0)
        spread = self._rng.choice([0.03, 0.1, 0.25], size=(len(near), 1))
        anywhere = self._rng.random((self._candidates // 2, len(self._cube)))
        points = np.vstack([anywhere, self._step(near, spread)])
        gains = self._gain(points, best)
        for size in (0.1, 0.04, 0.015):
            top = np.argsort(-gains, kind="stable")[:8]
            around = self._step(np.repeat(points[top], 10, axis=0), size)
            points = np.vstack([points, around])
            gains = np.append(gains, self._gain(around, best))
        known = [record.config for record in self._records.values()]
        for index in np.argsort(-gains, kind="stable"):
            config = self._cube.decode(points[index])
            if config not in known:
                return config
        return self._cube.decode(self._rng.random(len(self._cube)))

    def _step(self, points: Array, spread: Array | float) -> Array:
        """Return neighbours: about half of the numbers moved, a fifth of the categories redrawn."""
        chance = self._rng.random(points.shape)
        moved = points + self._rng.normal(size=points.shape) * spread * (chance < 0.6)
        anew = np.where(chance < 0.2, self._rng.random(points.shape), points)
        return np.where(self._features.counts > 0, anew, np.clip(moved, 0.0, 1.0))

    def _gain(self, points: Array, best: float) -> Array:
        """Return the logarithm of the expected improvement on `best` at the end of training."""
        mean, sd = self._process.predict(self._features(points), 1.0)
        z = (best - mean) / sd
        improvement = sd * (z * ndtr(z) + np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi))
        gain: Array = np.log(np.maximum(improvement, 1e-300))
        return gain
