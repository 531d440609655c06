"""The median stopping rule, and the factory behind the name "median-stopping"."""

from bisect import bisect_right, insort
from math import inf, isnan

import msgspec

from tunesmith.errors import UsageError
from tunesmith.protocols import Continue, Decision, Problem, Result, Stop, TrialView


class _Run(msgspec.Struct):
    """What a live trial has reported, in short; `point` is where it is judged next."""

    best: float = inf
    total: float = 0.0
    reports: int = 0
    point: int = 0


class _State(msgspec.Struct):
    """`points[i]`: a resource; `averages[i]`: all trials' running averages there, ascending."""

    points: list[float]
    averages: list[list[float]]
    runs: dict[str, _Run] = {}


class MedianStopping:
    """Stop a trial whose best value so far is worse than the median of the others' averages.

    The median automated stopping rule of Google Vizier (KDD 2017, section 3.2.2): at a resource t,
    the best value that the trial has reported is held against the median, over the other trials
    that got to t, of each one's running average of all that it had reported by then. What counts
    are all trials that have come to t, whether they are over or not. A trial is judged at
    `grace_period` and then every `interval`, from the hundredth time on every hundredth of what it
    has trained: so the memory that a trial takes grows with the logarithm of its length only.
    """

    def __init__(
        self, problem: Problem, grace_period: float, min_samples: int, interval: float
    ) -> None:
        self._unit = problem.resource
        self._min_samples = min_samples
        self._interval = interval
        self._state = _State([float(grace_period)], [[]])

    def first(self, trial: TrialView) -> Continue:
        """Let the trial run to the next point at which it is judged."""
        return Continue(until=self._state.points[self._run(trial).point])

    def on_report(self, trial: TrialView, result: Result) -> None:
        """Take a report into the trial's average and best value."""
        run = self._run(trial)
        run.best = min(run.best, result.values[0])
        run.total += result.values[0]
        run.reports += 1

    def on_result(self, trial: TrialView, result: Result) -> Decision:
        """Judge the trial at the highest point it has reached."""
        run, points, averages = self._run(trial), self._state.points, self._state.averages
        reached = self._point_after(result.resource) - 1
        if reached >= run.point:
            run.point = reached + 1
            others = averages[reached]
            count, middle, mean = len(others), len(others) // 2, run.total / run.reports
            enough = count >= self._min_samples
            is_worse = enough and run.best > (others[middle] + others[~middle]) / 2
            insort(others, inf if isnan(mean) else mean)
            if is_worse:
                place = f"{self._unit}={points[reached]:g}"
                return Stop(f"worse than the median of {count} trials' averages at {place}")
        return Continue(until=points[run.point])

    def on_trial_end(self, trial: TrialView) -> None:
        """Forget the trial; its averages stay."""
        self._state.runs.pop(trial.id, None)

    def revive(self, trial: TrialView) -> None:
        """Judge it next beyond where it has been, by what it reports from now on."""
        self._run(trial).point = self._point_after(trial.resource)

    def state(self) -> bytes:
        """Return all that was learnt; MessagePack, since JSON has no infinity."""
        return msgspec.msgpack.encode(self._state)

    def restore(self, data: bytes) -> None:
        """Go on from what `state` returned."""
        self._state = msgspec.msgpack.decode(data, type=_State)

    def _point_after(self, resource: float) -> int:
        """Return the first point above a resource; there always is one."""
        points = self._state.points
        while points[-1] <= resource:
            points.append(points[-1] + max(self._interval, points[-1] / 100))
            self._state.averages.append([])
        return bisect_right(points, resource)

    def _run(self, trial: TrialView) -> _Run:
        return self._state.runs.setdefault(trial.id, _Run())


def median_stopping(
    problem: Problem, *, grace_period: float = 1, min_samples: int = 3, interval: float = 1
) -> MedianStopping:
    """Return the median stopping rule of Google Vizier (KDD 2017, section 3.2.2).

    Trials are judged at `grace_period` and then every `interval`, in the experiment's resource
    unit, wherever at least `min_samples` other trials have come to.

    Raises:
        UsageError: an option is out of range.
    """
    limits = {"grace_period": grace_period, "min_samples": min_samples, "interval": interval}
    for name, value in limits.items():
        if not 0 < value < inf:
            raise UsageError(f"{name}={value!r} must be a positive number")
    return MedianStopping(problem, grace_period, min_samples, interval)
