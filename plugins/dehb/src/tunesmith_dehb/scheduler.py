"""The scheduler "dehb": a plan in which every trial is trained to a level known beforehand."""

from math import inf

from tunesmith.protocols import Continue, Problem, Result, Stop, TrialView
from tunesmith_dehb.plan import number_of, plan_for


class PlannedScheduler:
    """Train each trial as far as DEHB's brackets say for its place in the run, then end it.

    What a higher rung is trained on is the searcher's to evolve (arXiv 2105.09821, section 4): so
    trials need no checkpoints and wait for nobody. Beyond the paper, a trial that is the best so
    far at its level goes on to the next one; with `promote=False` none does. Levels lie a
    `reduction_factor` apart, from `max_resource` (the experiment's, or 81) down to `grace_period`.
    The searcher "dehb" is to have the same options.

    Raises:
        UsageError: an option is out of range.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        max_resource: float | None = None,
        grace_period: float = 1,
        reduction_factor: float = 3,
        promote: bool = True,
    ) -> None:
        self._plan = plan_for(problem, max_resource, grace_period, reduction_factor)
        self._unit = problem.resource
        self._records = [inf if promote else -inf for _ in self._plan.levels]

    def first(self, trial: TrialView) -> Continue:
        """Let the trial run to its level."""
        return Continue(until=self._goal(trial))

    def on_result(self, trial: TrialView, result: Result) -> Continue | Stop:
        """End the trial at its level, unless it is the best so far there."""
        levels, level = self._plan.levels, self._plan.reached(result.resource)
        if level is None or result.resource < self._goal(trial):
            return Continue(until=self._goal(trial))
        is_record = result.values[0] < self._records[level]
        if is_record:
            self._records[level] = result.values[0]
        if level == len(levels) - 1:
            return Stop(f"trained to {self._unit}={levels[-1]:g}, as planned", complete=True)
        if is_record:
            return Continue(until=levels[level + 1])
        return Stop(f"trained to {self._unit}={levels[level]:g}, as planned")

    def _goal(self, trial: TrialView) -> float:
        return self._plan.levels[self._plan.place(number_of(trial.id)).rung.level]
