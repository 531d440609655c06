"""The time-varying Gaussian process bandit that chooses where clones explore."""

from itertools import product
from math import log

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_solve, cholesky, solve_triangular

Array = NDArray[np.float64]

LENGTHS = (0.15, 0.3, 0.6, 1.2)
FORGETTING = (0.0, 0.1, 0.3)
NOISES = (0.01, 0.1, 0.5)
"""What the likelihood chooses from; inputs lie in the unit cube, outputs have variance 1."""

CANDIDATES = 512
REFINED = 64
RADII = (0.1, 0.03, 0.01)
"""Points at which the bound is evaluated: all over the cube, then ever nearer to the best."""

C1, C2 = 0.2, 0.4
"""The exploration weight after n observations is c1 + log(c2 n), never below c1."""


class Points(msgspec.Struct, frozen=True):
    """Where training was or will be: `times` (n) in intervals, `places` (n, d) in the unit cube."""

    times: Array
    places: Array

    def joined(self, other: "Points") -> "Points":
        """Return both, one after the other."""
        return Points(
            np.concatenate([self.times, other.times]), np.concatenate([self.places, other.places])
        )


class Kernel(msgspec.Struct, frozen=True):
    """A squared exponential in space times (1 - forgetting)^(|i - j| / 2) in time.

    Arxiv 2002.02518, section 3, after the time-varying bandit of Bogunovic et al. (2016).
    """

    length: float
    forgetting: float
    noise: float

    def between(self, one: Points, other: Points) -> Array:
        """Return the correlations of the true function between two sets of points: (n, m)."""
        squares = (
            (one.places**2).sum(1)[:, None]
            + (other.places**2).sum(1)[None, :]
            - 2 * one.places @ other.places.T
        )
        lags = np.abs(one.times[:, None] - other.times[None, :])
        near: Array = np.exp(-np.maximum(squares, 0) / (2 * self.length**2))
        kept: Array = (1 - self.forgetting) ** (lags / 2)
        return near * kept

    def factor(self, points: Points) -> Array:
        """Return the lower Cholesky factor of the observations' correlations."""
        matrix = self.between(points, points)
        matrix[np.diag_indices_from(matrix)] += self.noise
        lower: Array = cholesky(matrix, lower=True, check_finite=False)
        return lower


def fitted(points: Points, gains: Array) -> tuple[Kernel, Array, float]:
    """Return the likeliest kernel, its factor, and the process variance that goes with it."""
    best: tuple[float, Kernel, Array, float] | None = None
    count = len(gains)
    for length, forgetting, noise in product(LENGTHS, FORGETTING, NOISES):
        kernel = Kernel(length, forgetting, noise)
        try:
            lower = kernel.factor(points)
        except LinAlgError:
            continue
        weights = cho_solve((lower, True), gains, check_finite=False)
        variance = max(float(gains @ weights) / count, 1e-12)
        likelihood = -count / 2 * log(variance) - float(np.log(np.diag(lower)).sum())
        if best is None or likelihood > best[0]:
            best = (likelihood, kernel, lower, variance)
    assert best is not None  # noqa: S101  (the largest noise always has a factor)
    return best[1:]


def choose(
    seen: Points, gains: Array, pending: Points, *, time: float, rng: np.random.Generator
) -> Array:
    """Return places (m, d) to train at next, the best first, by the upper confidence bound.

    `gains` (n) are the improvements per interval at the places seen. GP-BUCB as in arXiv
    2002.02518, algorithm 1: the mean comes from what was observed, the deviation also from what is
    pending, as if it had come out as expected.
    """
    spread = float(gains.std())
    outcomes = (gains - gains.mean()) / (spread if spread > 0 else 1.0)
    kernel, lower, variance = fitted(seen, outcomes)
    weights = cho_solve((lower, True), outcomes, check_finite=False)
    whole = seen.joined(pending)
    factor = kernel.factor(whole)
    bold = (C1 + max(0.0, log(C2 * len(gains)))) ** 0.5

    def bound(places: Array) -> Array:
        points = Points(np.full(len(places), time), places)
        mean = kernel.between(points, seen) @ weights
        reach = solve_triangular(
            factor, kernel.between(whole, points), lower=True, check_finite=False
        )
        left = np.maximum(1 - (reach**2).sum(0), 0)
        value: Array = mean + bold * np.sqrt(variance * left)
        return value

    size = seen.places.shape[1]
    places = rng.random((CANDIDATES, size))
    values = bound(places)
    for radius in RADII:
        centre = places[int(values.argmax())]
        near = np.clip(centre + radius * rng.standard_normal((REFINED, size)), 0, 1)
        places = np.concatenate([places, near])
        values = np.concatenate([values, bound(near)])
    return places[np.argsort(-values, kind="stable")]
