"""What an experiment's engine is told once: limits and policies."""

from collections.abc import Mapping

import msgspec

from tunesmith.plugins.specs import Observes, Partial
from tunesmith.protocols import FailureKind, Objective, OutcomeConstraint


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Limits and policies of one experiment.

    `num_samples` is how many trials to make (None: until the search ends). `lookahead` is how
    many suggestions to hold beyond the free slots. `observes` and `partial` say what the searcher
    is told. `retries` is how often an attempt may be repeated by kind of failure, None for ever.
    `identical_failures` ends the experiment once so many trials ended first of all, all with the
    same error. `keep` is for how many ended trials, best first, checkpoints are kept (None: all),
    and `budget` how many bytes they may take in all. `trial_timeout_s` is how long a trial may be
    silent.
    """

    objectives: tuple[Objective, ...]
    outcome_constraints: tuple[OutcomeConstraint, ...] = ()
    num_samples: int | None = None
    lookahead: int = 0
    observes: Observes = "final"
    partial: Partial = "last"
    retries: Mapping[FailureKind, int | None] = {}
    fail_fast: bool = False
    identical_failures: int | None = None
    keep: int | None = None
    budget: int | None = None
    time_budget_s: float | None = None
    trial_timeout_s: float | None = None
    resource: str = "training_iteration"
    scheduler_name: str = "the scheduler"
    searcher_name: str = "the searcher"
