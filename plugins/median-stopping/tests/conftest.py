"""A problem to schedule, and trials that report by hand."""

from random import Random

import pytest

from tunesmith.protocols import Objective, Problem, Result, TrialView
from tunesmith.space import parse_space, uniform
from tunesmith_median_stopping.scheduler import median_stopping


class Bench:
    """A rule at work: reports go in, decisions come out."""

    def __init__(self, resource="training_iteration", **options):
        self.problem = Problem(
            space=parse_space({"lr": uniform(0, 1)}),
            objectives=(Objective("loss", "min"),),
            seeds=Random,
            resource=resource,
        )
        self.options = options
        self.rule = self.fresh()

    def fresh(self):
        return median_stopping(self.problem, **self.options)

    def trial(self, trial_id, status="running"):
        return TrialView(id=trial_id, config={}, status=status)

    def hear(self, trial_id, resource, value):
        """Let a trial report without its being asked about."""
        self.rule.on_report(self.trial(trial_id), Result(resource, (value,), {}))

    def ask(self, trial_id, resource, value):
        """Let a trial report, and return the decision."""
        self.hear(trial_id, resource, value)
        return self.rule.on_result(self.trial(trial_id), Result(resource, (value,), {}))


@pytest.fixture(scope="session")
def bench():
    """Return what makes a rule with the given options."""
    return Bench
