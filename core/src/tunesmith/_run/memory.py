"""What earlier runs found out, as events for the searcher of a new one."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

import msgspec

from tunesmith._run.experiment import Experiment
from tunesmith._run.results import Results, load
from tunesmith._run.succession import Succession
from tunesmith._run.trial import TrialResult
from tunesmith.errors import UsageError
from tunesmith.protocols import Config, Result, TrialStatus
from tunesmith.protocols.events import Recalled
from tunesmith.protocols.trial import OVER
from tunesmith.space import Space

GROWTH = 1.5
"""Of a trial's curve, reports are recalled that lie so much further apart in resource."""

Ended = Literal["completed", "stopped", "paused", "failed"]

ENDS: dict[TrialStatus, Ended] = {
    "completed": "completed",
    "failed": "failed",
    "paused": "paused",
    "stopped": "stopped",
    "running": "stopped",  # when its run was cut off
}


def recall(experiment: Experiment) -> list[Recalled]:
    """Return the trials of the runs named by `warm_start`, as far as they fit the experiment.

    A trial fits if its configuration is one of the space, constants aside.

    Raises:
        UsageError: none of a run's trials fits, or the run is none.
    """
    memories: list[Recalled] = []
    for path in experiment.warm_start:
        earlier = load(path)
        before = Space.from_dict(earlier.header.space)
        fit = Succession((before, experiment.space)).fit
        found = list(_recalled(earlier, experiment, fit, name=earlier.name))
        if not found:
            raise UsageError(_unfit(path, earlier, experiment))
        memories += found
    return memories


def recall_own(results: Results, experiment: Experiment, succession: Succession) -> list[Recalled]:
    """Return a run's own trials that are over, for the searcher of its next space."""
    over = [trial for trial in results if trial.status in OVER]
    return list(_recalled(over, experiment, succession.fit, name=results.name))


def _recalled(
    earlier: Iterable[TrialResult],
    experiment: Experiment,
    fit: Callable[[Config], Config | None],
    *,
    name: str,
) -> Iterator[Recalled]:
    for trial in earlier:
        config = fit(trial.config)
        status = ENDS.get(trial.status)
        if config is None or status is None:
            continue
        curve = () if status == "failed" else tuple(_curve(trial, experiment))
        if curve or status == "failed":
            yield Recalled(
                at=0.0,
                source=f"{name}/{trial.id}",
                config=config,
                status=status,
                curve=curve,
                cost_s=float(trial.last_metrics.get("time_total_s", 0.0)),
            )


def _curve(trial: TrialResult, experiment: Experiment) -> Iterator[Result]:
    """Yield the reports that count: few of a long curve, the last in any case.

    Of a trial that changed its configuration on the way, that is the one it is judged by.
    """
    rows = trial.history if len(trial.lineage) == 1 else [trial.metrics]
    scoring, due = experiment.scoring, -math.inf
    for number, metrics in enumerate(rows, 1):
        resource = metrics.get(experiment.resource)
        is_last = number == len(rows)
        if not isinstance(resource, int | float) or not (resource >= due or is_last):
            continue
        is_scored = any(objective.metric in metrics for objective in scoring.objectives)
        if is_scored and all(limit.metric in metrics for limit in scoring.constraints):
            # Metrics that only the values come from are not written down a second time.
            kept = {n: metrics.get(n) for n in scoring.metrics} if scoring.constraints else {}
            yield msgspec.structs.replace(scoring.result(float(resource), metrics), metrics=kept)
            due = resource * GROWTH


def _unfit(path: str, earlier: Results, experiment: Experiment) -> str:
    wanted = _names(sorted(parameter.path for parameter in experiment.space.tunable))
    there = sorted(p.path for p in Space.from_dict(earlier.header.space).tunable)
    metrics = _names(experiment.scoring.metrics)
    return (
        f"warm_start={path!r}: none of its {len(earlier)} trials can be used; they need values of"
        f" {wanted} within this space, and reports of {metrics} by {experiment.resource!r};"
        f" that run's space has {_names(there)}"
    )


def _names(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names)) or "nothing"
