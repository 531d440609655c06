"""The time-varying Gaussian process bandit that chooses where clones explore."""

from itertools import product
from math import log

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky

Array = NDArray[np.float64]

LENGTHS = (0.2, 0.5, 1.2)
FORGETTING = (0.0, 0.1, 0.3)
NOISES = (0.03, 0.3)
"""What the likelihood chooses from; inputs lie in the unit cube, outputs have variance 1."""

CANDIDATES = 256
REFINED = 32
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


class Gaps(msgspec.Struct, frozen=True):
    """The squared distances of two sets of points, and how many intervals lie between: (n, m)."""

    squares: Array
    lags: Array

    @classmethod
    def between(cls, one: Points, other: Points) -> "Gaps":
        """Measure every point of one set against every point of the other."""
        squares = np.zeros((len(one.times), len(other.times)))
        for mine, theirs in zip(one.places.T, other.places.T, strict=True):
            squares += (mine[:, None] - theirs[None, :]) ** 2
        return cls(squares, np.abs(one.times[:, None] - other.times[None, :]))

    def near(self, length: float) -> Array:
        """Return the squared exponential kernel of the places."""
        kernel: Array = np.exp(self.squares / (-2 * length**2))
        return kernel

    def kept(self, forgetting: float) -> Array:
        """Return the kernel of time: what is still known, (1 - forgetting)^(lag / 2)."""
        kernel: Array = np.exp(self.lags * (log(1 - forgetting) / 2))
        return kernel


class Kernel(msgspec.Struct, frozen=True):
    """A squared exponential in space times a decay in time, and the noise of observations.

    As in arXiv 2002.02518, section 3, after the time-varying bandit of Bogunovic et al. (2016).
    """

    length: float
    forgetting: float
    noise: float

    def between(self, one: Points, other: Points) -> Array:
        """Return the correlations of the true function between two sets of points: (n, m)."""
        gaps = Gaps.between(one, other)
        return gaps.near(self.length) * gaps.kept(self.forgetting)

    def inverse(self, points: Points) -> Array:
        """Return the inverse of the observations' correlations."""
        noisy = self.between(points, points) + self.noise * np.eye(len(points.times))
        return np.linalg.inv(noisy).astype(np.float64)


def standardised(gains: Array) -> Array:
    """Return the gains with mean 0 and variance 1, a few monstrous ones cut to size."""
    scaled = _scaled(gains)
    low, high = np.percentile(scaled, [25, 75])
    margin = 3 * (high - low)
    cut = _scaled(np.clip(scaled, low - margin, high + margin)) if margin > 0 else scaled
    spread = float(cut.std())
    result: Array = (cut - cut.mean()) / (spread if spread > 0 else 1.0)
    return result


def _scaled(values: Array) -> Array:
    """Return the values divided by the largest, so that squares neither overflow nor vanish."""
    largest = float(np.abs(values).max())
    return values / largest if largest > 0 else values


def fitted(points: Points, gains: Array) -> tuple[Kernel, float]:
    """Return the likeliest kernel, and the process variance that goes with it."""
    best: tuple[float, Kernel, float] | None = None
    count, gaps = len(gains), Gaps.between(points, points)
    fading = [(forgetting, gaps.kept(forgetting)) for forgetting in FORGETTING]
    for length in LENGTHS:
        near = gaps.near(length)
        for (forgetting, kept), noise in product(fading, NOISES):
            matrix = near * kept + noise * np.eye(count)
            lower = cholesky(matrix, lower=True, check_finite=False)
            weights = cho_solve((lower, True), gains, check_finite=False)
            variance = max(float(gains @ weights) / count, 1e-12)
            likelihood = -count / 2 * log(variance) - float(np.log(np.diag(lower)).sum())
            if best is None or likelihood > best[0]:
                best = (likelihood, Kernel(length, forgetting, noise), variance)
    assert best is not None  # noqa: S101  (there are kernels to choose from)
    return best[1:]


def choose(
    seen: Points, gains: Array, pending: Points, *, time: float, rng: np.random.Generator
) -> Array:
    """Return places (m, d) to train at next, the best first, by the upper confidence bound.

    `gains` (n) are the improvements per interval at the places seen. GP-BUCB (Desautels et al.,
    2014) as in arXiv 2002.02518, section 3: the mean comes from what was observed, the deviation
    also from what is pending, as if it had come out as expected.
    """
    outcomes = standardised(gains)
    kernel, variance = fitted(seen, outcomes)
    weights = kernel.inverse(seen) @ outcomes
    whole = seen.joined(pending)
    inverse = kernel.inverse(whole)
    bold = (C1 + max(0.0, log(C2 * len(gains)))) ** 0.5

    def bound(places: Array) -> Array:
        points = Points(np.full(len(places), time), places)
        mean = kernel.between(points, seen) @ weights
        known = kernel.between(whole, points)
        # einsum, since the threads of a matrix product cost more than they bring at such sizes.
        explained = (known * np.einsum("ij,jm->im", inverse, known)).sum(0)
        left = np.maximum(1 - explained, 0)
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
