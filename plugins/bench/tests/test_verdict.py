"""The statistics, on numbers whose answers are known."""

import numpy as np
import pytest

from tunesmith_bench.figure import cliques
from tunesmith_bench.table import MOMENTS, Cube
from tunesmith_bench.verdict import (
    critical_difference,
    filled,
    holm,
    judge,
    speedups,
    superiority,
)


def cube(levels, tasks=8, seeds=5):
    """Return regrets that fall as 1/time, each method at its own level."""
    rng = np.random.default_rng(1)
    shape = (len(levels), tasks, seeds, len(MOMENTS))
    noise = rng.uniform(0.99, 1.01, shape)
    curves = np.array(levels)[:, None, None, None] * 0.01 / np.array(MOMENTS) * noise
    names = [f"m{number}" for number in range(len(levels))]
    tasks_named = [f"t{number}" for number in range(tasks)]
    return Cube(names, tasks_named, list(range(seeds)), curves, np.full(shape, np.nan))


def test_clear_differences_are_found():
    """Methods that differ everywhere are ranked, told apart, and the better is sooner."""
    verdict = judge(cube([1.0, 0.5, 0.25]), "m0")
    assert [one.method for one in verdict.standings] == ["m2", "m1", "m0"]
    assert verdict.friedman_p < 0.01
    best = verdict.standings[0]
    assert best.rank == 1
    assert best.speedup == pytest.approx(4, rel=0.15)
    assert best.r100 == pytest.approx(0.0025, rel=0.01)
    against = {one.method: one for one in verdict.against_baseline}
    assert against["m2"].high < 0 < against["m2"].a12 == 1
    assert against["m2"].p_holm == pytest.approx(2 * 2**-7)
    assert (verdict.low <= verdict.regret).all()
    assert (verdict.regret <= verdict.high).all()


def test_equal_methods_are_not_told_apart():
    """The same numbers twice: no difference, p of 1, even ranks."""
    same = cube([1.0, 1.0])
    same.regret[1] = same.regret[0]
    verdict = judge(same, "m0")
    (pair,) = verdict.pairs
    assert (pair.difference, pair.p_holm, pair.a12) == (0, 1, 0.5)
    assert (verdict.rank == 1.5).all()


def test_the_critical_difference_is_that_of_the_literature():
    """Nemenyi's value for 4 methods on 14 tasks (Demšar, JMLR 2006, section 3.2.2)."""
    assert critical_difference(4, 14) == pytest.approx(1.25, abs=0.005)


def test_final_ranks_are_of_means_over_seeds():
    """A method that is best on average leads, even where it loses most seeds."""
    regrets = cube([1.0, 1.0], tasks=3, seeds=3)
    regrets.regret[0, ..., -1] = [0.1, 0.1, 0.7]
    regrets.regret[1, ..., -1] = [0.2, 0.2, 0.2]
    verdict = judge(regrets, "m0")
    assert verdict.final.tolist() == [2, 1]
    assert verdict.rank[:, -1].tolist() == pytest.approx([4 / 3, 5 / 3])


def test_holm_steps_down():
    """Each p is multiplied by how many are left, and order is kept."""
    assert holm([0.01, 0.04, 0.03]) == [pytest.approx(x) for x in (0.03, 0.06, 0.06)]
    assert holm([0.6, 0.9]) == [1.0, 1.0]


def test_a_run_without_an_incumbent_counts_as_the_worst():
    """Missing regret becomes the task's worst, at least 1."""
    regret = np.array([[[[np.nan, 0.5]], [[np.nan, 0.2]]], [[[3.0, 0.1]], [[0.4, 0.1]]]])
    assert filled(regret)[0, :, 0, 0].tolist() == [3.0, 1.0]


def test_speedup_counts_only_tasks_on_which_the_target_is_reached():
    """A task on which a method never gets there is censored."""
    curve = 1.0 / np.array(MOMENTS)
    ours, theirs = np.array([curve / 2, curve * 2]), np.array([curve, curve])
    gains = speedups(ours, theirs, theirs[:, -1])
    assert gains == [pytest.approx(2, rel=0.1)]


def test_superiority_counts_pairs_of_runs():
    """A12 is the share of pairs that we win, ties counting half."""
    assert superiority(np.array([[1.0, 3.0]]), np.array([[2.0, 3.0]])) == (1 + 1 + 0 + 0.5) / 4


def test_bars_join_longest_runs_without_a_difference():
    """Neighbours are joined as far as no two among them differ."""
    apart = {frozenset("ac"), frozenset("ad")}
    assert cliques("abcd", apart) == [(0, 1), (1, 3)]
    assert cliques("ab", {frozenset("ab")}) == []
