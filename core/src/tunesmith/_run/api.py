"""The functions people call: run an experiment."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tunesmith._run import watchers
from tunesmith._run.assembly import Parts, assembled
from tunesmith._run.audience import Audience
from tunesmith._run.board import Facts
from tunesmith._run.configs import CheckpointConfig, FailureConfig
from tunesmith._run.display import Display
from tunesmith._run.driver import Driver
from tunesmith._run.experiment import Experiment
from tunesmith._run.interrupts import handled
from tunesmith._run.results import Results, load
from tunesmith.plugins import Registry, default_registry
from tunesmith.protocols import Config
from tunesmith.protocols.events import RunEnded

STOPPING = "stopping: running trials end at their next report; press Ctrl-C again to stop now"


def run(
    trainable: Any,
    space: Any,
    *,
    metric: str | Sequence[str] | None = None,
    mode: str | Sequence[str] | None = None,
    searcher: Any = "random",
    scheduler: Any = "fifo",
    num_samples: int | None = None,
    stop: Any = None,
    time_budget_s: float | None = None,
    max_concurrent: int | None = None,
    resources: Any = None,
    resource: str = "training_iteration",
    executor: Any = "auto",
    storage: str | os.PathLike[str] = "runs",
    name: str | None = None,
    seed: int | None = None,
    callbacks: Sequence[Any] = (),
    checkpoint: CheckpointConfig | None = None,
    failure: FailureConfig | None = None,
    points_to_evaluate: Sequence[Mapping[str, Any]] = (),
    constraint: Callable[[Config], bool] | Sequence[Callable[[Config], bool]] = (),
    verbose: int = 1,
    **unknown: Any,
) -> Results:
    """Run trials of `trainable` over `space` and return what came of them.

    Args:
        trainable: A function of a config that returns, yields or `tune.report`s metrics; a class
            with `setup` and `step`; or the import path "package.module:name" of one.
        space: Nested dict of domains (`tune.uniform`, `tune.choice`, …) and constants.
        metric: Name of the metric to optimise, or several.
        mode: "min" or "max" for each metric.
        searcher: What proposes configurations: a name, {"name": …, **options}, or a factory.
        scheduler: What decides from intermediate results; likewise.
        num_samples: How many trials to run (for each cell of the grid, if the space has
            `grid_search`). None: until `stop`, `time_budget_s` or the searcher ends the run.
        stop: When a trial is done: {"training_iteration": 27, "accuracy": 0.99}, a function of
            trial id and metrics, or stoppers.
        time_budget_s: Seconds after which all trials are stopped.
        max_concurrent: How many trials may run at once; None: as many as fit.
        resources: What one trial needs, as {"cpu": 1, "gpu": 0.5}, or a list of such bundles.
        resource: The metric that says how far a trial has trained; it must grow.
        executor: Where trials run: "ray", "inline", or "auto" for the best that is installed.
        storage: Folder for runs.
        name: The run's name, that of its folder; a fresh one by default.
        seed: Makes the run reproducible; drawn, and recorded, by default.
        callbacks: Objects with any of the hooks of `tunesmith.protocols.Callback`, or names.
        checkpoint: When to save trials, and what to keep.
        failure: What to do about failures.
        points_to_evaluate: Configurations to try first; missing parameters are sampled.
        constraint: Functions of a config that must all hold; infeasible suggestions cost no trial.
        verbose: 0 prints nothing, 1 progress and summary, 2 a line for each change of a trial.
        unknown: Refused, with the closest name there is.

    Raises:
        UsageError: something above cannot be; raised before the first trial.
        PluginError: an algorithm is missing, broken, or failed while it ran.
        TrialError: training code failed in a way that ended the run.
    """
    given = {key: value for key, value in locals().items() if value is not None}
    return execute(Experiment.create(**{**given.pop("unknown"), **given}))


def execute(experiment: Experiment, registry: Registry | None = None) -> Results:
    """Run an experiment to its end; see `run`."""
    registry = registry or default_registry()
    callbacks = watchers.resolve(experiment.callbacks, registry)
    with assembled(experiment, registry) as parts:
        display = _display(experiment, parts)
        told = watchers.Watchers(callbacks, display.warn)
        audience = Audience(told, display if experiment.verbose else None, experiment.objectives)
        driver = Driver(
            parts.engine,
            parts.journal,
            executor=parts.executor,
            advisor=parts.advisor,
            audience=audience,
            folder=parts.folder,
        )
        told.on_experiment_start(experiment)
        display.on_experiment_start(experiment)
        try:
            ended = _drive(driver, display)
        finally:
            display.close()
    results = load(parts.folder)
    display.on_experiment_end(ended)
    told.on_experiment_end(results)
    if ended.status == "failed":
        raise parts.engine.fault(f"{ended.reason}\nthe run is in {_path(parts)}")
    return results


def _drive(driver: Driver, display: Display) -> RunEnded:
    def stop() -> None:
        display.say(STOPPING)
        driver.request_stop("stopped with Ctrl-C")

    with handled(stop):
        try:
            return driver.run()
        except KeyboardInterrupt:
            return driver.abort("stopped at once with Ctrl-C")


def _display(experiment: Experiment, parts: Parts) -> Display:
    header = parts.journal.header
    facts = Facts(
        name=header.name,
        path=_path(parts),
        objectives=experiment.objectives,
        searcher=header.searcher["name"],
        scheduler=header.scheduler["name"],
        executor=header.executor["name"],
        num_samples=header.num_samples,
        time_budget_s=experiment.time_budget_s,
        resource=experiment.resource,
    )
    return Display(
        facts, verbose=experiment.verbose, live=not parts.in_process, clock=parts.executor.now
    )


def _path(parts: Parts) -> str:
    relative = os.path.relpath(parts.folder)
    return str(parts.folder) if relative.startswith("..") else relative
