"""What a trial reports, and the same as the engine sees it."""

from typing import Any

import msgspec

Metrics = dict[str, Any]
"""Flat and plain: numbers, strings, booleans, None or lists of them; nested keys joined by "/"."""


class Report(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One set of metrics as it left the training code.

    `metrics` always carries `training_iteration`, `time_total_s` and `timestamp` (the executor's
    clock). `resource` is how far the trial has trained, in the experiment's resource unit; it
    strictly increases within a trial, over all its attempts.
    """

    resource: float
    metrics: Metrics


class Result(msgspec.Struct, frozen=True, gc=False):
    """A report together with its objective values.

    `values` holds one minimised float per objective: never NaN (a NaN or missing number is +inf).
    `violation` is how far the outcome constraints are exceeded, in parts of their bounds, added up.
    Where it is above 0, finite `values` are replaced: worse than any that keep to the constraints,
    and better than those of a greater violation.
    """

    resource: float
    values: tuple[float, ...]
    metrics: Metrics
    violation: float = 0.0
