"""What becomes of a run's trials when it goes on in another space."""

from __future__ import annotations

from tunesmith._journal.log import Journal
from tunesmith._run.experiment import Experiment
from tunesmith._run.memory import recall_own
from tunesmith._run.results import load
from tunesmith._run.succession import Succession, left_over
from tunesmith.errors import UsageError
from tunesmith.protocols import Config
from tunesmith.protocols.events import AnyEvent, ControlRequested
from tunesmith.protocols.trial import OVER


def moved(
    experiment: Experiment, succession: Succession, journal: Journal, at: float
) -> list[AnyEvent]:
    """Return the events that follow the change of the space.

    Configurations that were to be run are queued again; trials under way that are none of the new
    space are stopped; those that are over are recalled for the searcher, where they fit.

    Raises:
        UsageError: a configuration that was to be run lies outside the new space.
    """
    queued = [_queued(config, succession, at) for config in left_over(journal)]
    results = load(journal.folder)
    outside = [
        ControlRequested(
            at=at, action="stop", trial=trial.id, reason="lies outside the space as it was changed"
        )
        for trial in results
        if trial.status not in OVER and not succession.holds(trial.config)
    ]
    recalled = recall_own(results, experiment, succession)
    results.close()
    return [*queued, *outside, *recalled]


def _queued(config: Config, succession: Succession, at: float) -> ControlRequested:
    fitting = succession.fit(config)
    if fitting is None:
        raise UsageError(
            f"space=: {config!r}, which was to be run, is none of its configurations; widen it, or"
            " let the run go on without a new space until that has been run"
        )
    return ControlRequested(at=at, action="enqueue", config=fitting, reason="was to be run")
