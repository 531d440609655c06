"""Product kernel density estimates over numbers in [0, 1] and categories; pure."""

import numpy as np
from scipy.special import ndtr, ndtri

from tunesmith_bohb._space import Array


class Density:
    """The estimate from `rows`, with a bandwidth per column by the normal reference rule.

    Numbers have Gaussian kernels, categories that of Aitchison and Aitken (Biometrika 63, 1976):
    weight 1 - b on the own option, the rest evenly on the others. A category's spread is taken
    from how often each option occurs, so that the order of options has no influence.
    """

    def __init__(self, rows: Array, counts: tuple[int, ...], min_bandwidth: float) -> None:
        self.rows = rows
        self._counts = np.array(counts)
        self._is_label = self._counts > 0
        n, d = rows.shape
        spread = np.where(self._is_label, _label_spread(rows, counts), rows.std(axis=0))
        width = np.maximum(1.06 * spread * n ** (-1 / (4 + d)), min_bandwidth)
        # Beyond this an option would count against itself.
        even = 1 - 1 / np.maximum(self._counts, 1)
        self.bandwidth: Array = np.where(self._is_label, np.minimum(width, even), width)

    def __call__(self, points: Array) -> Array:
        """Return the logarithm of the density at each point."""
        width, difference = self.bandwidth, points[:, None, :] - self.rows[None, :, :]
        gauss = -0.5 * (difference / width) ** 2 - np.log(width * np.sqrt(2 * np.pi))
        others = np.maximum(self._counts - 1, 1)
        same = np.log(np.where(self._is_label, 1 - width, 1.0))
        label = np.where(difference == 0, same, np.log(width / others))
        total = np.where(self._is_label, label, gauss).sum(axis=2)
        top = total.max(axis=1)
        density: Array = top + np.log(np.exp(total - top[:, None]).mean(axis=1))
        return density

    def sample(self, rng: np.random.Generator, count: int, factor: float) -> Array:
        """Return `count` points near random rows, numbers spread by `factor` bandwidths."""
        centre = self.rows[rng.integers(len(self.rows), size=count)]
        width = self.bandwidth * factor
        low, high = ndtr(-centre / width), ndtr((1 - centre) / width)
        chance = rng.random(centre.shape)
        number = centre + width * ndtri(low + chance * (high - low))
        anew = rng.random(centre.shape) < self.bandwidth
        other = np.floor(chance * np.maximum(self._counts, 1))
        label = np.where(anew, other, centre)
        return np.where(self._is_label, label, np.clip(number, 0.0, 1.0))


def impute(rows: Array, counts: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Return the rows with each NaN replaced by a random one of its column, else at random."""
    filled = rows.copy()
    for column, count in enumerate(counts):
        values = rows[:, column]
        absent = np.isnan(values)
        if not absent.any():
            continue
        known, number = values[~absent], int(absent.sum())
        if known.size:
            filled[absent, column] = rng.choice(known, size=number)
        else:
            filled[absent, column] = (
                rng.integers(count, size=number) if count else rng.random(number)
            )
    return filled


def _label_spread(rows: Array, counts: tuple[int, ...]) -> Array:
    """Return per categorical column the standard deviation that it has with two options."""
    spread = np.zeros(len(counts))
    for column, count in enumerate(counts):
        if count:
            share = np.bincount(rows[:, column].astype(int), minlength=count) / len(rows)
            spread[column] = np.sqrt((1 - (share**2).sum()) / 2)
    return spread
