"""First in, first out: no trial is ever stopped early."""

import math

from tunesmith.protocols import Continue, Problem, Result, TrialView


class FifoScheduler:
    """Let every trial train to its end, in the order of suggestion."""

    def __init__(self, problem: Problem) -> None:
        del problem  # nothing about it matters here

    def first(self, trial: TrialView) -> Continue:  # noqa: ARG002 (all trials are equal)
        """Let the trial run without a decision."""
        return Continue(math.inf)

    def revive(self, trial: TrialView) -> None:
        """It waits in line like any other."""

    def on_result(self, trial: TrialView, result: Result) -> Continue:  # noqa: ARG002
        """Let the trial run on."""
        return Continue(math.inf)
