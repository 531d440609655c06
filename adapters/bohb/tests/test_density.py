"""Density estimates: they are densities, and they follow the rows."""

import numpy as np
import pytest

from tunesmith_bohb._density import Density, impute


@pytest.fixture
def mixed():
    rng = np.random.default_rng(1)
    rows = np.column_stack([rng.beta(2, 5, 40), rng.integers(0, 3, 40).astype(float)])
    return Density(rows, (0, 3), 1e-3)


def test_it_integrates_to_one(mixed):
    """Over numbers from far below to far above, and over all categories."""
    grid = np.linspace(-2, 3, 4001)
    total = sum(
        np.exp(mixed(np.column_stack([grid, np.full_like(grid, label)]))).sum()
        for label in range(3)
    )
    assert total * (grid[1] - grid[0]) == pytest.approx(1, abs=1e-3)


def test_bandwidths_follow_the_normal_reference_rule(mixed):
    """1.06 standard deviations times n to the power -1/(4+d), as statsmodels has it."""
    expected = 1.06 * mixed.rows[:, 0].std() * 40 ** (-1 / 6)
    assert mixed.bandwidth[0] == pytest.approx(expected)


def test_equal_rows_have_the_least_bandwidth():
    """No division by zero where all good trials agree."""
    density = Density(np.full((9, 2), 0.5), (0, 2), 1e-3)
    assert density.bandwidth.tolist() == [1e-3, 1e-3]
    assert np.isfinite(density(np.array([[0.5, 0.0], [0.0, 1.0]]))).all()


def test_the_order_of_categories_has_no_influence():
    """Renaming the options renames the density and nothing else."""
    labels = np.array([[0.0], [0.0], [2.0], [0.0], [1.0], [0.0]])
    renamed = (labels + 1) % 3
    left, right = (Density(rows, (3,), 1e-3) for rows in (labels, renamed))
    assert left(labels) == pytest.approx(right(renamed))


def test_samples_stay_in_the_cube_and_near_rows():
    """Numbers are truncated to [0, 1], categories are options; the factor widens."""
    rng = np.random.default_rng(0)
    rows = np.column_stack([np.linspace(0.9, 1, 20), np.zeros(20)])
    density = Density(rows, (0, 4), 1e-3)
    near, far = (density.sample(rng, 500, factor) for factor in (1, 9))
    for points in (near, far):
        assert points[:, 0].min() >= 0
        assert points[:, 0].max() <= 1
        assert set(points[:, 1]) <= {0.0, 1.0, 2.0, 3.0}
    assert near[:, 0].mean() > far[:, 0].mean()


def test_inactive_entries_are_taken_from_rows_that_have_one():
    """A column that no row has is filled at random, with an option or a number."""
    rng = np.random.default_rng(0)
    rows = np.array([[0.25, np.nan, np.nan], [np.nan, np.nan, np.nan]])
    filled = impute(rows, (0, 3, 0), rng)
    assert filled[:, 0].tolist() == [0.25, 0.25]
    assert set(filled[:, 1]) <= {0.0, 1.0, 2.0}
    assert ((filled[:, 2] >= 0) & (filled[:, 2] < 1)).all()
    assert np.isnan(rows[1]).all()
