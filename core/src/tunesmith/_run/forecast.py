"""What an experiment will take, told before it begins, from a rehearsal of one trial."""

from __future__ import annotations

import math
import os
import tempfile
import time
from typing import Any

import msgspec

from tunesmith._builtin.stoppers import make_stopper
from tunesmith._executors.settings import WorkerSettings
from tunesmith._executors.worker import Worker
from tunesmith._run.experiment import Experiment
from tunesmith._run.plan import Plan, choose, draft, pose, trials_to_make
from tunesmith._run.seeds import Seeds
from tunesmith._run.wording import duration, parameters
from tunesmith._trainable.checkpoint import CheckpointPolicy
from tunesmith.errors import TrialError
from tunesmith.plugins import Registry, default_registry
from tunesmith.protocols import Config, Metrics, commands
from tunesmith.protocols.events import CheckpointSaved, Reported, TrialEnded

REPORTS = 3
"""So many reports are rehearsed; the first counts as the start."""

EACH = 3
"""A trial has a newest checkpoint and a best one, and one that is being written."""


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """What a rehearsal found, and what follows from it; times in seconds, sizes in bytes.

    `trials` is None where nothing limits their number, `length` (the most reports of a trial) where
    nothing limits that. `at_once` is how many run at a time, as far as is known before the start.
    """

    trials: int | None
    length: float | None
    at_once: int
    start_s: float
    report_s: float
    checkpoint_bytes: int
    kept: int | None
    budget: int | None
    config: Config
    metrics: Metrics

    @property
    def seconds(self) -> float | None:
        """How long it takes if no trial is stopped early."""
        if self.trials is None or self.length is None:
            return None
        each = self.start_s + (self.length - 1) * self.report_s
        return each * math.ceil(self.trials / self.at_once)

    @property
    def disk_bytes(self) -> int | None:
        """How much checkpoints take at most, if no trial is paused."""
        ended = self.trials if self.kept is None else self.kept
        if ended is None:
            return None
        most = self.checkpoint_bytes * (EACH * self.at_once + (EACH - 1) * ended)
        return most if self.budget is None else min(most, self.budget + self.checkpoint_bytes)

    def __str__(self) -> str:
        number = "trials without end" if self.trials is None else f"{self.trials} trials"
        length = "" if self.length is None else f" of up to {self.length:g} reports"
        lines = [
            f"{number}{length}, {self.at_once} at a time",
            f"rehearsed: {parameters(self.config)}",
            f"  {duration(self.start_s)} to the first report, {self.report_s:.3g} s each after it",
        ]
        if self.seconds is not None:
            lines.append(f"at most {duration(self.seconds)}; less where trials are stopped early")
        if self.checkpoint_bytes:
            total = self.disk_bytes
            most = "without limit" if total is None else f"at most {total / 1e6:,.1f} MB in all"
            lines.append(f"checkpoints of {self.checkpoint_bytes / 1e6:,.3g} MB, {most}")
        return "\n".join(lines)


def forecast(experiment: Experiment, registry: Registry | None = None) -> Forecast:
    """Rehearse one trial in this process, in a temporary folder, and tell what all will take.

    Raises:
        UsageError, PluginError: as `run`.
        TrialError: the training code fails; its traceback is in the message.
    """
    registry = registry or default_registry()
    plan = draft(experiment, registry)
    algorithms = choose(plan)
    at_once = _at_once(plan)
    rehearsal = _Rehearsal(plan)
    problem = pose(experiment, algorithms, at_once=at_once)
    scheduler = plan.scheduler.create(problem)
    stopper: Any = make_stopper(experiment.stop, experiment.objectives)
    bounds = [getattr(scheduler, "max_resource", None), problem.max_resource]
    if hasattr(stopper, "bound"):
        bounds.append(stopper.bound(experiment.resource))
    if rehearsal.has_ended:
        bounds.append(float(rehearsal.reports))
    return Forecast(
        trials=trials_to_make(experiment, algorithms),
        length=min((bound for bound in bounds if bound is not None), default=None),
        at_once=at_once,
        start_s=rehearsal.start_s,
        report_s=rehearsal.report_s,
        checkpoint_bytes=rehearsal.checkpoint_bytes,
        kept=experiment.checkpoint.keep,
        budget=experiment.checkpoint.budget_bytes,
        config=rehearsal.config,
        metrics=rehearsal.metrics,
    )


class _Rehearsal:
    """One trial, for a few reports."""

    def __init__(self, plan: Plan) -> None:
        experiment = plan.experiment
        points = experiment.points_to_evaluate
        rng = Seeds(experiment.seed)("rehearsal")
        self.config = points[0] if points else experiment.space.sample(rng)
        self.reports = self.checkpoint_bytes = 0
        self.has_ended = False
        self.metrics: Metrics = {}
        self.start_s = self.report_s = 0.0
        with tempfile.TemporaryDirectory(
            prefix="tunesmith-forecast-", ignore_cleanup_errors=True
        ) as folder:
            worker = Worker(_settings(plan, folder))
            try:
                self._play(worker)
            finally:
                worker.close()

    def _play(self, worker: Worker) -> None:
        began = heard = time.monotonic()
        launch = commands.Launch(trial="0001", attempt=1, config=self.config, until=float(REPORTS))
        for event in worker.handle(launch):
            if isinstance(event, CheckpointSaved):
                self.checkpoint_bytes = max(self.checkpoint_bytes, event.checkpoint.size)
            elif isinstance(event, TrialEnded):
                self.has_ended = True
                if event.error is not None:
                    raise TrialError(event.error.traceback.rstrip() or event.error.message)
            elif isinstance(event, Reported):
                heard = time.monotonic()
                self.start_s = self.start_s or heard - began
                self.reports += len(event.reports)
                self.metrics = event.reports[-1].metrics
        further = max(self.reports - 1, 1)
        self.report_s = max(heard - began - self.start_s, 0.0) / further or self.start_s


def _settings(plan: Plan, folder: str) -> WorkerSettings:
    experiment = plan.experiment
    return WorkerSettings(
        trainable=plan.form,
        folder=folder,
        experiment="forecast",
        space=experiment.space,
        resource=experiment.resource,
        objective=experiment.metric[0],
        required=experiment.required,
        resources=experiment.resources,
        checkpoint=CheckpointPolicy(every=1),
    )


def _at_once(plan: Plan) -> int:
    """Return how many trials run at a time; on a cluster, as far as this machine tells."""
    options = plan.executor.definition
    bundles = plan.experiment.resources.bundles
    needed = max(sum(bundle.get("cpu", 1.0) for bundle in bundles), 1e-9)
    room = max(1, int((os.cpu_count() or 1) / needed))
    usual = 1 if plan.executor.spec.in_process else room
    slots = int(options.get("slots", options.get("workers", usual)))
    return min(slots, plan.experiment.max_concurrent or slots)
