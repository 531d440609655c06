"""Rules that end trials, or the whole experiment, for `stop=`.

All follow from the reported metrics alone, so that a replayed experiment stops where it did. A
report without the metric in question, or with one that is no number, decides nothing.
"""

import inspect
import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from tunesmith.errors import UsageError
from tunesmith.protocols import Mode, Objective, Stopper

ITERATION = "training_iteration"


class MaximumIterationStopper:
    """Stop each trial at its `max_iter`-th report."""

    def __init__(self, max_iter: int) -> None:
        self._max_iter = _whole("max_iter", max_iter, 1)

    def __call__(self, trial_id: str, metrics: Mapping[str, Any]) -> bool:  # noqa: ARG002
        """Tell whether the trial has reported often enough."""
        iteration = _number(metrics, ITERATION)
        return iteration is not None and iteration >= self._max_iter

    def until(self, resource: str) -> float | None:
        """Return the iteration at which it stops trials."""
        return self.bound(resource)

    def bound(self, resource: str) -> float | None:
        """Return how far trials train at most; None if that is not what it looks at."""
        return float(self._max_iter) if resource == ITERATION else None

    def extend(self, resource: str, to: float) -> None:
        """Let trials train further."""
        if resource == ITERATION:
            self._max_iter = int(to)


class ThresholdStopper:
    """Stop a trial when any metric reaches its threshold.

    Reaching means at least as large, but for a metric in `modes` that is minimised at most as
    large. This is what a dictionary given as `stop=` means.
    """

    def __init__(
        self, thresholds: Mapping[Any, Any], modes: Mapping[str, Mode] | None = None
    ) -> None:
        if not thresholds:
            raise UsageError("stop={} names no metric; write {'training_iteration': 100}, or None")
        for metric, threshold in thresholds.items():
            if not isinstance(metric, str):
                raise UsageError(f"stop: {metric!r} is no metric's name; expected a string")
            if not isinstance(threshold, int | float) or math.isnan(threshold):
                raise UsageError(
                    f"stop: {metric!r} has the threshold {threshold!r}; expected a number"
                )
        self._thresholds: dict[str, float] = dict(thresholds)
        self._modes = dict(modes or {})

    @property
    def metrics(self) -> tuple[str, ...]:
        """Return the metrics it looks at."""
        return tuple(self._thresholds)

    def __call__(self, trial_id: str, metrics: Mapping[str, Any]) -> bool:  # noqa: ARG002
        """Tell whether a threshold is reached."""
        return any(
            self._reaches(metric, value)
            for metric in self._thresholds
            if (value := _number(metrics, metric)) is not None
        )

    def until(self, resource: str) -> float | None:
        """Return the threshold on the resource, if there is no other."""
        return self.bound(resource) if {*self._thresholds} == {resource} else None

    def bound(self, resource: str) -> float | None:
        """Return how far trials train at most; None if that is not what it looks at."""
        return float(self._thresholds[resource]) if resource in self._thresholds else None

    def extend(self, resource: str, to: float) -> None:
        """Let trials train further."""
        if resource in self._thresholds:
            self._thresholds[resource] = to

    def _reaches(self, metric: str, value: float) -> bool:
        threshold = self._thresholds[metric]
        return value <= threshold if self._modes.get(metric) == "min" else value >= threshold


class TrialPlateauStopper:
    """Stop a trial when its metric no longer moves.

    That is when the standard deviation of its last `num_results` values is at most `std`, not
    before `grace_period` reports. With `metric_threshold` and `mode`, only trials that are at
    least so good are stopped.
    """

    def __init__(
        self,
        metric: str,
        *,
        std: float = 0.01,
        num_results: int = 4,
        grace_period: int = 4,
        metric_threshold: float | None = None,
        mode: Mode | None = None,
    ) -> None:
        if metric_threshold is not None and mode not in ("min", "max"):
            raise UsageError(
                f"TrialPlateauStopper: metric_threshold={metric_threshold!r} needs mode='min' or"
                f" mode='max', got {mode!r}"
            )
        self._metric = metric
        self._std = _amount("std", std)
        self._num_results = _whole("num_results", num_results, 1)
        self._grace_period = _whole("grace_period", grace_period, 0)
        self._goal = None if metric_threshold is None or mode is None else (mode, metric_threshold)
        self._recent: dict[str, deque[float]] = {}
        self._reports: dict[str, int] = {}

    @property
    def metrics(self) -> tuple[str, ...]:
        """Return the metric it looks at."""
        return (self._metric,)

    def __call__(self, trial_id: str, metrics: Mapping[str, Any]) -> bool:
        """Tell whether the trial's metric has come to rest."""
        value = _number(metrics, self._metric)
        if value is None:
            return False
        recent = self._recent.setdefault(trial_id, deque(maxlen=self._num_results))
        recent.append(value)
        self._reports[trial_id] = self._reports.get(trial_id, 0) + 1
        if self._reports[trial_id] < self._grace_period or len(recent) < self._num_results:
            return False
        return self._is_good(value) and _spread(recent) <= self._std

    def until(self, resource: str) -> float | None:
        """Return the first iteration at which a trial may have reported often enough."""
        first = max(self._grace_period, self._num_results)
        return float(first) if resource == ITERATION else None

    def _is_good(self, value: float) -> bool:
        if self._goal is None:
            return True
        mode, threshold = self._goal
        return value <= threshold if mode == "min" else value >= threshold


class ExperimentPlateauStopper:
    """End the experiment when its best results no longer improve.

    That is when the standard deviation of the `top` best values is at most `std`, and stays so for
    `patience` further reports.
    """

    def __init__(
        self,
        metric: str,
        *,
        std: float = 0.001,
        top: int = 10,
        mode: Mode = "min",
        patience: int = 0,
    ) -> None:
        if mode not in ("min", "max"):
            raise UsageError(f"ExperimentPlateauStopper: mode={mode!r}; expected 'min' or 'max'")
        self._metric = metric
        self._std = _amount("std", std)
        self._top = _whole("top", top, 2)
        self._sign = 1.0 if mode == "min" else -1.0
        self._patience = _whole("patience", patience, 0)
        self._best: list[float] = []
        self._at_rest = 0

    @property
    def metrics(self) -> tuple[str, ...]:
        """Return the metric it looks at."""
        return (self._metric,)

    def __call__(self, trial_id: str, metrics: Mapping[str, Any]) -> bool:  # noqa: ARG002
        """Tell whether the experiment is over, and with it this trial."""
        value = _number(metrics, self._metric)
        if value is not None:
            self._best = sorted([*self._best, self._sign * value])[: self._top]
            rests = len(self._best) == self._top and _spread(self._best) <= self._std
            self._at_rest = self._at_rest + 1 if rests else 0
        return self.stop_all()

    def stop_all(self) -> bool:
        """Tell whether the best values have come to rest."""
        return self._at_rest > self._patience

    def until(self, resource: str) -> float:  # noqa: ARG002
        """Return infinity: it ends all trials at once and none by itself."""
        return math.inf


class TimeoutStopper:
    """End the experiment `timeout` (seconds, or a timedelta) after its first trial began.

    The time is the one in the reports: a pause between a crash and a resume counts. For a limit
    on the time a run takes, whatever is reported, use `time_budget_s`.
    """

    def __init__(self, timeout: float | timedelta) -> None:
        seconds = timeout.total_seconds() if isinstance(timeout, timedelta) else timeout
        self._timeout = _amount("timeout", seconds)
        self._start = math.inf
        self._latest = -math.inf

    def __call__(self, trial_id: str, metrics: Mapping[str, Any]) -> bool:  # noqa: ARG002
        """Tell whether time is up, and with it this trial over."""
        now = _number(metrics, "timestamp")
        if now is not None:
            if math.isinf(self._start):
                self._start = now - (_number(metrics, "time_total_s") or 0.0)
            self._latest = max(self._latest, now)
        return self.stop_all()

    def stop_all(self) -> bool:
        """Tell whether time is up."""
        return self._latest - self._start >= self._timeout

    def until(self, resource: str) -> float:  # noqa: ARG002
        """Return infinity: it ends all trials at once and none by itself."""
        return math.inf


class FunctionStopper:
    """Stop a trial when `function(trial_id, metrics)` says so."""

    def __init__(self, function: Callable[[str, Mapping[str, Any]], bool]) -> None:
        try:
            inspect.signature(function).bind("0001", {})
        except TypeError as error:
            raise UsageError(
                f"stop={function!r} is not called with (trial_id, metrics): {error}"
            ) from None
        except ValueError:
            pass  # a builtin without a signature: the first call will tell
        self._function = function

    def __repr__(self) -> str:
        return getattr(self._function, "__qualname__", repr(self._function))

    def __call__(self, trial_id: str, metrics: Mapping[str, Any]) -> bool:
        """Tell what the function says; what it does to its metrics is its own affair."""
        return bool(self._function(trial_id, dict(metrics)))


class CombinedStopper:
    """Stop when any of several stoppers does; each sees every report."""

    def __init__(self, *stoppers: Stopper) -> None:
        if not stoppers:
            raise UsageError("CombinedStopper() combines nothing; give it stoppers")
        self._stoppers = stoppers

    @property
    def metrics(self) -> tuple[str, ...]:
        """Return the metrics that its parts look at."""
        return tuple(metric for one in self._stoppers for metric in getattr(one, "metrics", ()))

    def __call__(self, trial_id: str, metrics: Mapping[str, Any]) -> bool:
        """Tell whether any stops the trial."""
        return any([stopper(trial_id, metrics) for stopper in self._stoppers])  # noqa: C419 (all hear)

    def stop_all(self) -> bool:
        """Tell whether any ends the experiment."""
        ends = [getattr(stopper, "stop_all", None) for stopper in self._stoppers]
        return any(end() for end in ends if end is not None)

    def until(self, resource: str) -> float | None:
        """Return the lowest bound, None if a part gives none."""
        bounds: list[float] = []
        for stopper in self._stoppers:
            until = getattr(stopper, "until", None)
            bound = until(resource) if until is not None else None
            if bound is None:
                return None
            bounds.append(bound)
        return min(bounds)

    def bound(self, resource: str) -> float | None:
        """Return how far trials train at most; None if no part looks at that."""
        parts = (part.bound(resource) for part in self._stoppers if hasattr(part, "bound"))
        return min((bound for bound in parts if bound is not None), default=None)

    def extend(self, resource: str, to: float) -> None:
        """Let trials train further."""
        for part in self._stoppers:
            if hasattr(part, "extend"):
                part.extend(resource, to)


def make_stopper(stop: Any, objectives: Sequence[Objective] = ()) -> Stopper | None:
    """Return the stopper that `stop=` describes; None if it is None.

    It may be a stopper, a mapping from metrics to thresholds, a function of (trial_id, metrics),
    or a list of these. In a mapping, an objective that is minimised is to fall to its threshold.

    Raises:
        UsageError: it is none of these.
    """
    if stop is None:
        return None
    if isinstance(stop, Mapping):
        return ThresholdStopper(stop, {one.metric: one.mode for one in objectives})
    if isinstance(stop, list | tuple):
        parts = [part for one in stop if (part := make_stopper(one, objectives)) is not None]
        return CombinedStopper(*parts) if parts else None
    if isinstance(stop, type):
        raise UsageError(f"stop={stop.__name__} is a class; write stop={stop.__name__}(...)")
    if not callable(stop):
        raise UsageError(
            f"stop={stop!r} is not possible; expected {{metric: threshold}}, a function of"
            " (trial_id, metrics), a stopper, or a list of these"
        )
    return stop if hasattr(stop, "stop_all") or hasattr(stop, "until") else FunctionStopper(stop)


def _number(metrics: Mapping[str, Any], name: str) -> float | None:
    try:
        value = float(metrics[name])
    except (KeyError, TypeError, ValueError):
        return None
    return None if math.isnan(value) else value


def _spread(values: Sequence[float] | deque[float]) -> float:
    """Return the population's standard deviation; infinity if a value is infinite."""
    if not all(map(math.isfinite, values)):
        return math.inf
    mean = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))


def _whole(name: str, value: Any, least: int) -> int:
    if type(value) is not int or value < least:
        raise UsageError(f"{name}={value!r} is not possible; expected a whole number from {least}")
    return value


def _amount(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise UsageError(f"{name}={value!r} is not possible; expected a number from 0")
    return float(value)
