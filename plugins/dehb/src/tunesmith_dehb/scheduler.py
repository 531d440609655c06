"""The scheduler "dehb": a plan in which every trial is trained to a level known beforehand."""

from tunesmith.protocols import Continue, Problem, Result, Stop, TrialView
from tunesmith_dehb.plan import number_of, plan_for


class PlannedScheduler:
    """Train each trial as far as DEHB's brackets say for its place in the run, then end it.

    Nobody is promoted: what a higher rung is trained on is the searcher's to evolve (arXiv
    2105.09821, section 4). So trials need no checkpoints, wait for nobody and compare to nobody.
    Levels lie a `reduction_factor` apart, from `max_resource` (the experiment's, or 81) down to
    `grace_period`. The searcher "dehb" is to have the same options.

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
    ) -> None:
        self._plan = plan_for(problem, max_resource, grace_period, reduction_factor)
        self._unit = problem.resource

    def first(self, trial: TrialView) -> Continue:
        """Let the trial run to its level."""
        return Continue(until=self._goal(trial))

    def on_result(self, trial: TrialView, result: Result) -> Continue | Stop:
        """End the trial at its level."""
        goal = self._goal(trial)
        if result.resource < goal:
            return Continue(until=goal)
        is_top = goal == self._plan.levels[-1]
        return Stop(f"trained to {self._unit}={goal:g}, as planned", complete=is_top)

    def _goal(self, trial: TrialView) -> float:
        return self._plan.levels[self._plan.place(number_of(trial.id)).rung.level]
