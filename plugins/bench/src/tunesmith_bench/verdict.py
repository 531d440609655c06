"""What a contest shows: averages with their uncertainty, ranks, and tests between methods.

The unit of every test is the task, its seeds averaged. Friedman's test over all methods comes
first, with Nemenyi's critical difference of average ranks, then Wilcoxon's signed-rank test between
pairs, two-sided, corrected after Holm.
"""

from __future__ import annotations

from itertools import combinations

import msgspec
import numpy as np
from scipy import stats

from tunesmith_bench.table import MOMENTS, Cube, Floats

RESAMPLES = 10_000
BAND_RESAMPLES = 500
LEVEL = 0.05


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One method: mean normalised regret at shares of the horizon, averaged over tasks and seeds.

    `anytime` is the mean over moments evenly spread on a log scale; `r100_q999` is measured
    against the tasks' 99.9th percentile. `rank` is the average rank at the end, over tasks, of the
    mean over seeds. `speedup` is how many times sooner than the baseline it
    gets to where the baseline ends: the median over tasks of those on which it does, `reached`.
    """

    method: str
    r25: float
    r50: float
    r100: float
    anytime: float
    r100_q999: float
    rank: float
    speedup: float
    reached: int


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """A method against another: the difference of mean final regret, negative if better.

    `low` and `high` bound it with 95 % (bootstrap over tasks, then seeds). `a12` is the
    probability that a run of the method ends better than one of the other, averaged over tasks.
    """

    method: str
    other: str
    difference: float
    low: float
    high: float
    p: float
    p_holm: float
    a12: float


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """All of it; `regret`, `low`, `high` and `rank` are by method and moment.

    This `rank` is an average over tasks and seeds, `final` the one at the end over tasks alone, by
    method: two of those that are `critical` or more apart differ significantly.
    """

    standings: list[Standing]
    against_baseline: list[Comparison]
    pairs: list[Comparison]
    friedman_p: float
    critical: float
    final: Floats
    regret: Floats
    low: Floats
    high: Floats
    rank: Floats


def judge(cube: Cube, baseline: str) -> Verdict:
    """Return what the regrets show."""
    full = filled(cube.regret)
    ranks = stats.rankdata(full.round(12), axis=0)
    final = stats.rankdata(full[..., -1].mean(axis=2).round(12), axis=0).mean(axis=1)
    low, high = bands(full)
    last = full[..., -1]
    pairs = compare(cube.methods, last, list(combinations(range(len(cube.methods)), 2)))
    base = cube.methods.index(baseline)
    others = [(m, base) for m in range(len(cube.methods)) if m != base]
    return Verdict(
        standings=_standings(cube, full, final, base),
        against_baseline=compare(cube.methods, last, others),
        pairs=pairs,
        friedman_p=friedman(last.mean(axis=2)),
        critical=critical_difference(len(cube.methods), len(cube.tasks)),
        final=final,
        regret=full.mean(axis=(1, 2)),
        low=low,
        high=high,
        rank=ranks.mean(axis=(1, 2)),
    )


def filled(regret: Floats) -> Floats:
    """Return the regrets with the task's worst, at least 1, where there is no incumbent yet."""
    if not regret.size:
        return regret
    worst = np.fmax(np.fmax.reduce(regret, axis=(0, 2, 3), keepdims=True), 1.0)
    return np.where(np.isnan(regret), np.where(np.isnan(worst), 1.0, worst), regret)


def bands(regret: Floats) -> tuple[Floats, Floats]:
    """Return 95 % bounds of the means over tasks: a bootstrap over the seeds of each task."""
    methods, tasks, seeds, moments = regret.shape
    rng = np.random.default_rng(0)
    means = np.empty((BAND_RESAMPLES, methods, moments))
    for number in range(BAND_RESAMPLES):
        drawn = rng.integers(seeds, size=(1, tasks, seeds, 1))
        means[number] = np.take_along_axis(regret, drawn, axis=2).mean(axis=(1, 2))
    low, high = np.percentile(means, (2.5, 97.5), axis=0)
    return low, high


def friedman(means: Floats) -> float:
    """Return the p-value of Friedman's test; NaN for fewer than three methods or tasks."""
    if min(means.shape) < 3 or np.ptp(means, axis=0).max() == 0:
        return float("nan")
    return float(stats.friedmanchisquare(*means).pvalue)


def critical_difference(methods: int, tasks: int) -> float:
    """Return how far average ranks must be apart to differ significantly (Nemenyi 1963)."""
    quantile = stats.studentized_range.ppf(1 - LEVEL, methods, np.inf) / 2**0.5
    return float(quantile * (methods * (methods + 1) / (6 * tasks)) ** 0.5)


def compare(methods: list[str], last: Floats, places: list[tuple[int, int]]) -> list[Comparison]:
    """Return tests between pairs of methods, corrected together; `last` is final regret."""
    p = [wilcoxon(last[a].mean(axis=1) - last[b].mean(axis=1)) for a, b in places]
    found = []
    for (a, b), raw, corrected in zip(places, p, holm(p), strict=True):
        low, high = interval(last[a] - last[b])
        found.append(
            Comparison(
                method=methods[a],
                other=methods[b],
                difference=float((last[a] - last[b]).mean()),
                low=low,
                high=high,
                p=raw,
                p_holm=corrected,
                a12=superiority(last[a], last[b]),
            )
        )
    return found


def wilcoxon(differences: Floats) -> float:
    """Return the two-sided p-value of the signed-rank test; 1 where nothing differs."""
    differences = differences.round(12)
    if not differences.any():
        return 1.0
    # Ties and zeros make the exact distribution an approximation, which scipy chooses by itself.
    return float(stats.wilcoxon(differences).pvalue)


def holm(p: list[float]) -> list[float]:
    """Return the p-values corrected for their number, step down (Holm 1979)."""
    corrected = [1.0] * len(p)
    running = 0.0
    for done, place in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        running = max(running, min(1.0, (len(p) - done) * p[place]))
        corrected[place] = running
    return corrected


def interval(differences: Floats) -> tuple[float, float]:
    """Return 95 % bounds of the mean difference: a bootstrap over tasks, then their seeds."""
    tasks, seeds = differences.shape
    rng = np.random.default_rng(0)
    chosen = rng.integers(tasks, size=(RESAMPLES, tasks, 1))
    drawn = rng.integers(seeds, size=(RESAMPLES, tasks, seeds))
    low, high = np.percentile(differences[chosen, drawn].mean(axis=(1, 2)), (2.5, 97.5))
    return float(low), float(high)


def superiority(ours: Floats, theirs: Floats) -> float:
    """Return Vargha and Delaney's A12 of lower regret, averaged over tasks; 0.5 is no effect."""
    wins = ours[:, :, None] < theirs[:, None, :]
    ties = ours[:, :, None] == theirs[:, None, :]
    return float((wins + 0.5 * ties).mean())


def _standings(cube: Cube, full: Floats, final: Floats, base: int) -> list[Standing]:
    per_task = full.mean(axis=2)
    target = per_task[base, :, -1]
    spots = [MOMENTS.index(share) for share in (0.25, 0.5, 1.0)]
    found = []
    for number, method in enumerate(cube.methods):
        mean = full[number].mean(axis=(0, 1))
        r25, r50, r100 = (float(mean[spot]) for spot in spots)
        gains = speedups(per_task[number], per_task[base], target)
        quantile = cube.quantile[number, ..., -1]
        found.append(
            Standing(
                method=method,
                r25=r25,
                r50=r50,
                r100=r100,
                anytime=float(mean.mean()),
                r100_q999=float(np.nanmean(quantile)) if np.isfinite(quantile).any() else np.nan,
                rank=float(final[number]),
                speedup=float(np.median(gains)) if gains else np.nan,
                reached=len(gains),
            )
        )
    return sorted(found, key=lambda standing: standing.r100)


def speedups(ours: Floats, theirs: Floats, target: Floats) -> list[float]:
    """Return, of the tasks on which we reach the target, how many times sooner we do."""
    gains = []
    for mine, other, goal in zip(ours, theirs, target, strict=True):
        if mine[-1] <= goal:
            sooner = MOMENTS[int(np.argmax(mine <= goal))]
            gains.append(MOMENTS[int(np.argmax(other <= goal))] / sooner)
    return gains
