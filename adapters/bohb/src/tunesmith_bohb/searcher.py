"""The sampler of BOHB (Falkner, Klein and Hutter, arXiv 1807.01774, section 4 and algorithm 2).

The scheduler half of BOHB is a scheduler here: `"hyperband"` for the paper's algorithm, or any
other. Every loss at which the scheduler decided teaches the model of its own training length.
"""

import math
import pickle

import numpy as np

from tunesmith.errors import OptionError
from tunesmith.protocols import Config, Observation, Problem
from tunesmith.space import SpaceError
from tunesmith_bohb._density import Density, impute
from tunesmith_bohb._history import Record, furthest
from tunesmith_bohb._space import Array, Table


class BohbSearcher:
    """Suggests what is likely among the best trials and unlikely among the others.

    A model needs `min_points` good trials (the default, and the least, is one more than the space
    has parameters) and more bad ones than parameters. It is the model of the furthest resource that
    has so many. The best `top_percent` of the trials are good. Of `candidates` points sampled near
    good ones, with bandwidths times `bandwidth_factor`, the one with the highest ratio of good to
    bad density is suggested. A share `random_fraction` of suggestions is drawn from the space.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        min_points: int | None = None,
        top_percent: float = 15.0,
        candidates: int = 64,
        random_fraction: float = 1 / 3,
        bandwidth_factor: float = 3.0,
        min_bandwidth: float = 1e-3,
    ) -> None:
        """Raise an `OptionError` for what is not possible."""
        self._table = Table(problem.space)
        least = len(self._table.counts) + 1
        self._min_points = least if min_points is None else min_points
        for name, value, fits, wanted in (
            ("min_points", self._min_points, self._min_points >= least, f"{least} or more"),
            ("top_percent", top_percent, 0 < top_percent < 100, "between 0 and 100"),
            ("candidates", candidates, candidates >= 1, "1 or more"),
            ("random_fraction", random_fraction, 0 <= random_fraction <= 1, "from 0 to 1"),
            ("bandwidth_factor", bandwidth_factor, 0 < bandwidth_factor < math.inf, "above 0"),
            ("min_bandwidth", min_bandwidth, 0 < min_bandwidth < 1, "between 0 and 1"),
        ):
            if not fits:
                raise OptionError(f"searcher 'bohb': {name}={value!r}; expected {wanted}")
        self._top, self._candidates = top_percent / 100, candidates
        self._random_fraction, self._factor = random_fraction, bandwidth_factor
        self._min_bandwidth = min_bandwidth
        self._end = problem.max_resource or math.inf
        self._rng = np.random.default_rng(problem.seed("bohb"))
        self._records: dict[str, Record] = {}

    def suggest(self, trial_id: str) -> Config:  # noqa: ARG002 (a trial is learnt by its results)
        """Return a flat configuration, from the model if there is one."""
        sets = None if self._rng.random() < self._random_fraction else self._sets()
        row = self._table.draw(self._rng, 1)[0] if sets is None else self._best(*sets)
        return self._table.decode(row)

    def observe(self, observation: Observation) -> None:
        """Learn one fact about any trial; a configuration from outside the space is passed over."""
        if observation.status == "infeasible":
            return
        record = self._records.get(observation.trial_id)
        if record is None or record.config != observation.config:
            try:
                row = self._table.encode(observation.config)
            except SpaceError:
                return
            record = Record(dict(observation.config), row.tolist())
            self._records[observation.trial_id] = record
        record.learn(observation, self._end)

    def state(self) -> bytes:
        """Return the trials and the generator; pickled."""
        return pickle.dumps((self._records, self._rng))

    def restore(self, state: bytes) -> None:
        """Take up what `state` returned, in a searcher made with the same problem and options."""
        self._records, self._rng = pickle.loads(state)  # noqa: S301  (ours)

    def _sets(self) -> tuple[Array, Array] | None:
        """Return the rows of the good and of the bad trials; None while they are too few."""
        enough = self._min_points + len(self._table.counts) + 1
        level = furthest(self._records.values(), enough)
        if level is None:
            return None
        scored = [
            (loss, r.row) for r in self._records.values() if (loss := r.at(level)) is not None
        ]
        scored.sort(key=lambda pair: pair[0])
        good = max(self._min_points, int(self._top * len(scored)))
        if scored[good - 1][0] == math.inf:
            return None
        rows = np.array([row for _, row in scored])
        return rows[:good], rows[good:]

    def _best(self, good: Array, bad: Array) -> Array:
        counts = self._table.counts
        likely, unlikely = (
            Density(impute(rows, counts, self._rng), counts, self._min_bandwidth)
            for rows in (good, bad)
        )
        points = likely.sample(self._rng, self._candidates, self._factor)
        best: Array = points[np.argmax(likely(points) - unlikely(points))]
        return best
