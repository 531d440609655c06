"""The Gaussian process: its gradient, its posterior, and what it makes of time."""

import numpy as np
import pytest
from scipy.optimize import check_grad

from tunesmith_gp._process import Process


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    return rng.random((40, 4)), rng.random(40), rng.normal(size=40)


@pytest.mark.parametrize("seed", range(3))
def test_the_gradient_is_that_of_the_loss(data, seed):
    """Against finite differences, with two features that share a length scale."""
    process = Process(np.array([0, 1, 1, 2]))
    theta = process.theta + np.random.default_rng(seed).normal(size=8) * 0.3
    error = check_grad(
        lambda point: process._loss(point, *data)[0],
        lambda point: process._loss(point, *data)[1],
        theta,
    )
    assert error < 1e-5 * np.linalg.norm(process._loss(theta, *data)[1])


def test_known_values_are_met_and_far_ones_are_uncertain(data):
    """Near a value the mean is close and the deviation small; far away neither."""
    x, _, _ = data
    process = Process(np.arange(4))
    y = np.sin(3 * x[:, 0])
    process.condition(x, np.ones(40), y)
    mean, sd = process.predict(x, 1.0)
    assert np.abs(mean - y).max() < 0.2
    assert sd.max() < 0.3
    assert process.predict(x + 5, 1.0)[1].min() > 0.9
    assert process.mean(x, 1.0) == pytest.approx(mean)


def test_early_values_teach_about_late_ones():
    """Where all that trained on kept their order, one cut short is placed by its early value."""
    rng = np.random.default_rng(1)
    x = rng.random((60, 1))
    process = Process(np.array([0]))
    early, late = np.sin(5 * x[:, 0]), np.sin(5 * x[:20, 0]) - 1
    features, times = np.vstack([x, x[:20]]), np.append(np.zeros(60), np.ones(20))
    values = np.append(early, late)
    process.fit(features, times, values)
    process.condition(features, times, values)
    assert np.abs(process.mean(x[20:], 1.0) - (early[20:] - 1)).max() < 0.3


def test_equal_points_are_no_problem():
    """Repeated configurations with different values are noise."""
    process = Process(np.array([0]))
    x, t, y = np.full((20, 1), 0.5), np.ones(20), np.linspace(-1, 1, 20)
    process.fit(x, t, y)
    process.condition(x, t, y)
    assert np.isfinite(process.predict(x, 1.0)).all()
