"""Metrics from training code become flat and plain."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from tunesmith._trainable.metrics import LONGEST_LIST, clean, measure
from tunesmith.errors import TrialError


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, 1),
        (True, True),
        (None, None),
        ("ok", "ok"),
        (np.float32(0.5), 0.5),
        (np.float64(0.5), 0.5),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.array(2.0), 2.0),
        (np.array([1, 2]), [1, 2]),
        ((1, np.float64(2.5)), [1, 2.5]),
        (Fraction(1, 2), 0.5),
        (2**70, float(2**70)),
        pytest.param(-(10**400), -math.inf, id="huge"),
        ("a\ud800", "a\\ud800"),
    ],
)
def test_values_become_builtins(value: Any, expected: Any) -> None:
    """What stands for a number, string or short list is stored as the builtin type."""
    found = clean({"m": value})["m"]
    assert found == expected
    assert type(found) is type(expected)


def test_nested_metrics_are_flat() -> None:
    """Nested keys are joined by a slash, in order."""
    nested = {"train": {"loss": 1.0, "top": {"k": 2}}, "lr": 0.1}
    assert clean(nested) == {"train/loss": 1.0, "train/top/k": 2, "lr": 0.1}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_non_finite_numbers_are_kept(value: float) -> None:
    """NaN and infinity are legal metrics."""
    found = clean({"loss": value})["loss"]
    assert found == value or (math.isnan(found) and math.isnan(value))


@pytest.mark.parametrize(
    ("metrics", "message"),
    [
        ({"loss": object()}, "metric 'loss' is of type object: expected a number"),
        ({"loss": {"x": {1}}}, "metric 'loss/x' is of type set"),
        ({"when": np.datetime64("2020-01-01")}, "metric 'when' is of type datetime64"),
        ({3: 1.0}, "metric key 3 is of type int: expected a string"),
        ({"a": {"b": 1}, "a/b": 2}, "metric 'a/b' was reported twice"),
        ({"y": [0.0] * (LONGEST_LIST + 1)}, "metric 'y' is a list of 1025 elements"),
        ({"y": np.zeros(2000)}, "metric 'y' is a list of 2000 elements"),
    ],
)
def test_other_values_are_refused_by_name(metrics: Any, message: str) -> None:
    """What is no metric is refused with its key, its type and what to do."""
    with pytest.raises(TrialError, match="^" + message):
        clean(metrics)


@pytest.mark.parametrize(
    ("metrics", "last", "message"),
    [
        ({"epochs": 1, "loss": 2}, 0.0, "no 'epoch', .*did you mean 'epochs'.*'epochs', 'loss'"),
        ({}, 0.0, "reported were no metrics"),
        ({"epoch": 0}, 0.0, "'epoch' is 0: expected a number greater than 0.*epoch \\+ 1"),
        ({"epoch": math.nan}, 0.0, "'epoch' is nan: expected a finite number"),
        ({"epoch": "3"}, 0.0, "'epoch' is '3': expected a finite number"),
        ({"epoch": True}, 0.0, "'epoch' is True"),
        ({"epoch": 3}, 3.0, "must increase from report to report: got 3 after 3"),
    ],
)
def test_resource_must_grow(metrics: Any, last: float, message: str) -> None:
    """The resource is a positive, finite number that grows from report to report."""
    with pytest.raises(TrialError, match=message):
        measure(metrics, "epoch", last)
