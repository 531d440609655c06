"""Gaussian process regression over features and time (how far a trial had trained); pure.

The covariance of two losses is a Matern 5/2 kernel over features, with a length scale for each
parameter, times one over time: a part that all times share and one that fades exponentially. A
linear trend in time is added. The hyperparameters have the highest posterior density under broad
priors, found by L-BFGS from where they were (Rasmussen and Williams, 2006, chapters 4 and 5).
"""

import math

import numpy as np
import numpy.typing as npt
from scipy.linalg import LinAlgError, cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize

from tunesmith_gp._space import Array

JITTER = 1e-6
# After the length scales: fading time, share of the lasting part (logit), noise, trend, scale.
MEAN = (math.log(0.5), 0.0, math.log(0.02), 0.0, 0.0)
SPREAD = (1.0, 1.5, 1.5, 1.0, 1.0)
BOUNDS = ((-3.0, 3.0), (-4.0, 4.0), (-9.0, 0.0), (-3.0, 3.0), (-3.0, 3.0))


class Process:
    """A process; feature i belongs to parameter `owners[i]`, `theta` is the hyperparameters."""

    def __init__(self, owners: npt.NDArray[np.intp]) -> None:
        self._owners = owners
        self._size = size = int(owners.max(initial=-1)) + 1
        self._mean = np.array([math.log(0.7)] * size + list(MEAN))
        self._spread = np.array([1.0] * size + list(SPREAD))
        self._bounds = [(-3.5, 3.0)] * size + list(BOUNDS)
        self.theta: Array = self._mean.copy()

    def fit(self, x: Array, t: Array, y: Array) -> None:
        """Adapt the hyperparameters to values `y` at features `x` and times `t`."""
        found = minimize(
            self._loss,
            self.theta,
            args=(x, t, y),
            jac=True,
            method="L-BFGS-B",
            bounds=self._bounds,
            options={"maxiter": 15},
        )
        self.theta = found.x

    def condition(self, x: Array, t: Array, y: Array) -> None:
        """Take values for known; `predict` then tells of others."""
        self._x, self._t = x, t
        covariance = self._kernel(self.theta, x, t, x, t)[0]
        covariance[np.diag_indices_from(covariance)] += math.exp(self.theta[-3]) + JITTER
        self._root = cholesky(covariance, lower=True, check_finite=False)
        self._weights = cho_solve((self._root, True), y, check_finite=False)

    def mean(self, x: Array, t: float) -> Array:
        """Return the mean at features `x` and time `t`."""
        mean: Array = (
            self._kernel(self.theta, x, np.array([t]), self._x, self._t)[0] @ self._weights
        )
        return mean

    def predict(self, x: Array, t: float) -> tuple[Array, Array]:
        """Return mean and standard deviation at features `x` and time `t`."""
        cross = self._kernel(self.theta, x, np.array([t]), self._x, self._t)[0]
        solved = solve_triangular(self._root, cross.T, lower=True, check_finite=False)
        prior = math.exp(self.theta[-1]) + math.exp(self.theta[-2]) * t * t + 1
        variance = np.maximum(prior - (solved**2).sum(axis=0), 1e-10)
        return cross @ self._weights, np.sqrt(variance)

    def _kernel(
        self, theta: Array, x: Array, t: Array, x2: Array, t2: Array
    ) -> tuple[Array, Array, Array, Array]:
        """Return the covariance, its stationary part, how that fades in time, and distances.

        A single time in `t` is that of all rows of `x`.
        """
        scale = np.exp(-theta[: self._size])[self._owners]
        a, b = x * scale, x2 * scale
        square = (a * a).sum(axis=1)[:, None] + (b * b).sum(axis=1) - 2 * a @ b.T
        distance = np.sqrt(np.maximum(5 * square, 0))
        matern = (1 + distance * (1 + distance / 3)) * np.exp(-distance)
        lasting = 1 / (1 + math.exp(-theta[self._size + 1]))
        fading = np.exp(-np.abs(t[:, None] - t2) / math.exp(theta[self._size]))
        joint = matern * (math.exp(theta[-1]) * (lasting + (1 - lasting) * fading))
        trend = math.exp(theta[-2]) * t[:, None] * t2 + 1
        return joint + trend, joint, fading, distance

    def _loss(self, theta: Array, x: Array, t: Array, y: Array) -> tuple[float, Array]:
        """Return the negative log posterior of the hyperparameters, and its gradient."""
        covariance, joint, fading, distance = self._kernel(theta, x, t, x, t)
        eye = np.eye(len(y))
        noise = math.exp(theta[-3])
        try:
            root = cholesky(covariance + (noise + JITTER) * eye, lower=True, check_finite=False)
        except LinAlgError:
            return 1e10, np.zeros_like(theta)
        weights = cho_solve((root, True), y, check_finite=False)
        pull = np.outer(weights, weights) - cho_solve((root, True), eye, check_finite=False)
        lasting = 1 / (1 + math.exp(-theta[self._size + 1]))
        mixed = lasting + (1 - lasting) * fading
        scaled = x * np.exp(-theta[: self._size])[self._owners]
        slope = pull * math.exp(theta[-1]) * mixed
        matern, slope = pull * joint / mixed, slope * (5 / 3) * (1 + distance) * np.exp(-distance)
        gradient = np.zeros_like(theta)
        # Sums over pairs of slope times the squared difference of a feature, without the pairs.
        square = 2 * (slope.sum(axis=1) @ scaled**2 - ((slope @ scaled) * scaled).sum(axis=0))
        gradient[: self._size] = np.bincount(self._owners, square, self._size)
        lag = np.abs(t[:, None] - t) / math.exp(theta[self._size])
        gradient[-5] = (matern * (1 - lasting) * fading * lag).sum()
        gradient[-4] = (matern * (1 - fading)).sum() * lasting * (1 - lasting)
        gradient[-3] = noise * np.trace(pull)
        gradient[-2] = (pull * np.outer(t, t)).sum() * math.exp(theta[-2])
        gradient[-1] = (pull * joint).sum()
        offset = (theta - self._mean) / self._spread
        loss = 0.5 * y @ weights + np.log(np.diag(root)).sum() + 0.5 * offset @ offset
        return float(loss), -0.5 * gradient + offset / self._spread
