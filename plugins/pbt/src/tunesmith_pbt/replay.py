"""The factory behind the name "pbt-replay": one trial, trained along another run's lineage."""

from math import inf
from os import PathLike
from pathlib import Path
from typing import Annotated

import msgspec

import tunesmith
from tunesmith.errors import UsageError
from tunesmith.protocols import Config, Continue, Decision, Fork, Problem, Result, Stop, TrialView
from tunesmith.space import SpaceError


class _Step(msgspec.Struct, frozen=True):
    resource: float
    config: Config


def pbt_replay(
    problem: Problem,
    *,
    path: str | PathLike[str],
    trial: str | None = None,
    max_resource: Annotated[float, msgspec.Meta(gt=0)] | None = None,
) -> "Replay":
    """Return a scheduler that trains a trial along the configurations that led to an earlier one.

    `path` is the folder of the earlier run, `trial` one of its trials, by default the best. The
    new trial has to begin with the first of those configurations (`points_to_evaluate`), and
    changes over to the next ones where the earlier trial and its ancestors did: what population
    based training finds is a schedule (arXiv 1711.09846, section 1). With `max_resource` it ends
    there.

    Raises:
        UsageError: there is no such run or trial, or it is of another space or resource.
    """
    results = tunesmith.load(Path(path))
    if results.header.resource != problem.resource:
        raise UsageError(
            f"the run in {str(path)!r} counts its resource in {results.header.resource!r}, this "
            f"one in {problem.resource!r}: pass resource={results.header.resource!r}"
        )
    chosen = results.best if trial is None else results[trial]
    steps = [_Step(stage.resource, stage.config) for stage in chosen.lineage]
    for step in steps:
        try:
            problem.space.check(step.config)
        except SpaceError as error:
            raise UsageError(
                f"trial {chosen.id} of {str(path)!r} ran {step.config!r}, which is not of this "
                f"space: {error}"
            ) from error
    end = problem.max_resource if max_resource is None else max_resource
    return Replay(steps, problem.resource, inf if end is None else end)


class Replay:
    """Forks a trial onto itself, with the next configuration, wherever the schedule changes.

    That needs a checkpoint at this very place, or it is put off to the next report that has one.
    """

    def __init__(self, steps: list[_Step], unit: str, end: float) -> None:
        self._steps = steps
        self._unit = unit
        self._end = end
        self._taken: dict[str, int] = {}

    def on_trial_add(self, trial: TrialView) -> None:
        """Refuse a trial that does not begin as the schedule does."""
        first = self._steps[0].config
        if trial.config != first:
            raise UsageError(
                f"trial {trial.id} begins with {trial.config!r}, the schedule with {first!r}: "
                f"pass points_to_evaluate=[{first!r}] and num_samples=1"
            )

    def first(self, trial: TrialView) -> Continue:
        """Let the trial run to the next change."""
        left = self._steps[self._taken.get(trial.id, 0) + 1 :]
        return Continue(until=min(left[0].resource if left else inf, self._end))

    def on_result(self, trial: TrialView, result: Result) -> Decision:
        """Change over to the configuration that is due."""
        if result.resource >= self._end:
            return Stop(f"reached max_resource={self._end:g}", complete=True)
        taken = self._taken.get(trial.id, 0)
        due = sum(step.resource <= result.resource for step in self._steps) - 1
        if due <= taken:
            return self.first(trial)
        if trial.checkpoint is None:
            raise UsageError(
                f"trial {trial.id} has no checkpoint at {self._unit}={result.resource:g}, where "
                "the schedule changes: have training code save one when tune.should_checkpoint()"
            )
        if trial.checkpoint.resource < result.resource:
            return Continue()
        self._taken[trial.id] = due
        return Fork(trial.id, self._steps[due].config, f"step {due} of the schedule")

    def on_trial_end(self, trial: TrialView) -> None:
        """Forget the trial."""
        self._taken.pop(trial.id, None)

    def state(self) -> bytes:
        """Return how far each trial is in the schedule."""
        return msgspec.msgpack.encode(self._taken)

    def restore(self, data: bytes) -> None:
        """Go on from what `state` returned."""
        self._taken = msgspec.msgpack.decode(data, type=dict[str, int])
