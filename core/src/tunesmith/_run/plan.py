"""What can be chosen and checked of an experiment before anything of its run is made."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import msgspec

from tunesmith._engine.settings import Settings
from tunesmith._run.counsel import Brief
from tunesmith._run.experiment import Experiment
from tunesmith._run.extent import Extent
from tunesmith._run.seeds import Seeds
from tunesmith._run.succession import Succession
from tunesmith._trainable.form import TrainableForm, wrap
from tunesmith.errors import UsageError
from tunesmith.plugins import (
    Choice,
    Demands,
    ExecutorSpec,
    Registry,
    SchedulerSpec,
    SearcherSpec,
    check_capabilities,
    resolve,
)
from tunesmith.protocols import OutcomeConstraint, Problem
from tunesmith.space import CategoricalParameter, GridParameter, Space, Translation, translate


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """An experiment with what can be chosen for it at once.

    `succession` is that of its spaces, where it had several.
    """

    experiment: Experiment
    form: TrainableForm
    registry: Registry
    executor: Choice[ExecutorSpec]
    scheduler: Choice[SchedulerSpec]
    succession: Succession | None = None


class Algorithms(msgspec.Struct, frozen=True, kw_only=True):
    """The searcher that was chosen, and the space it works on.

    `cells` are those of the grid that the core walks around the searcher's suggestions.
    """

    searcher: Choice[SearcherSpec]
    translation: Translation
    cells: tuple[Mapping[str, Any], ...]

    def brief(self, plan: Plan) -> Brief:
        """Return what the core itself contributes to suggestions."""
        experiment = plan.experiment
        return Brief(
            space=experiment.space,
            translation=self.translation,
            points=experiment.points_to_evaluate,
            cells=self.cells,
            is_feasible=experiment.is_feasible,
            succession=plan.succession,
            scoring=experiment.scoring if self.modelled(experiment) else None,
        )

    def modelled(self, experiment: Experiment) -> tuple[OutcomeConstraint, ...]:
        """Return the outcome constraints that are for the searcher to learn of: all, or none."""
        takes_them = self.searcher.spec.capabilities.outcome_constraints
        return experiment.outcome_constraints if takes_them else ()


def draft(experiment: Experiment, registry: Registry) -> Plan:
    """Check and choose what can be at once; nothing is made yet."""
    form = wrap(experiment.trainable)
    check_names(experiment, registry)
    executor = resolve("executor", experiment.executor, registry)
    limit = experiment.failure.trial_timeout_s
    if limit is not None and executor.spec.in_process and not executor.spec.virtual:
        raise UsageError(
            f"trial_timeout_s={limit:g}: executor {executor.spec.name!r} trains in this process,"
            " where nothing can end a trial that hangs; use executor='ray'"
        )
    return Plan(
        experiment=experiment,
        form=form,
        registry=registry,
        executor=executor,
        scheduler=resolve("scheduler", experiment.scheduler, registry),
    )


def check_names(experiment: Experiment, registry: Registry) -> None:
    """Raise at once if an algorithm is not there, before anything slow is begun."""
    for kind in ("searcher", "scheduler", "executor"):
        value = getattr(experiment, kind)
        name = value.get("name") if isinstance(value, Mapping) else value
        if isinstance(name, str) and ":" not in name:
            registry.find(kind, name)


def choose(plan: Plan) -> Algorithms:
    """Import the searcher, and check that the algorithms can do what is asked."""
    experiment, registry = plan.experiment, plan.registry
    searcher = resolve("searcher", experiment.searcher, registry)
    lossy = searcher.core_options.lossy
    demands = Demands(
        space=experiment.space,
        objectives=experiment.metric,
        has_checkpoints=plan.form.saves,
        lossy=lossy,
    )
    check_capabilities(searcher.spec, plan.scheduler.spec, demands, registry)
    walks_grids = searcher.spec.capabilities.grid
    space = _with_choices(experiment.space) if walks_grids else experiment.space
    return Algorithms(
        searcher=searcher,
        translation=translate(space, searcher.spec.capabilities.vocabulary, lossy=lossy),
        cells=({},) if walks_grids else _cells(experiment),
    )


def pose(experiment: Experiment, algorithms: Algorithms, *, at_once: int | None) -> Problem:
    """Return the problem as the searcher is given it."""
    rules = experiment.stop if isinstance(experiment.stop, list | tuple) else [experiment.stop]
    ends = [
        float(rule[experiment.resource])
        for rule in rules
        if isinstance(rule, Mapping) and experiment.resource in rule
    ]
    return Problem(
        space=algorithms.translation.space,
        objectives=experiment.objectives,
        outcome_constraints=algorithms.modelled(experiment),
        seeds=Seeds(experiment.seed),
        num_samples=trials_to_make(experiment, algorithms),
        max_concurrent=at_once or experiment.max_concurrent or os.cpu_count() or 1,
        resource=experiment.resource,
        max_resource=min(ends, default=None),
        resources=experiment.resources,
    )


def trials_to_make(experiment: Experiment, algorithms: Algorithms) -> int | None:
    """Return how many trials there will be; None for as many as come."""
    return extent(experiment, algorithms).trials(experiment.num_samples)


def extent(experiment: Experiment, algorithms: Algorithms) -> Extent:
    """Return how the number of trials comes about; points go ahead of a grid."""
    cells = len(algorithms.cells)
    return Extent(cells, len(experiment.points_to_evaluate) if cells > 1 else 0)


def limits(plan: Plan, algorithms: Algorithms, *, lookahead: int) -> Settings:
    """Return the engine's settings."""
    experiment, spec = plan.experiment, algorithms.searcher.spec
    return Settings(
        objectives=experiment.objectives,
        outcome_constraints=experiment.outcome_constraints,
        num_samples=trials_to_make(experiment, algorithms),
        lookahead=lookahead,
        observes=spec.observes,
        partial=algorithms.searcher.partial,
        keep=experiment.checkpoint.keep,
        budget=experiment.checkpoint.budget_bytes,
        time_budget_s=experiment.time_budget_s,
        resource=experiment.resource,
        scheduler_name=plan.scheduler.spec.name,
        searcher_name=spec.name,
        **experiment.failure.limits,
    )


def _cells(experiment: Experiment) -> tuple[Mapping[str, Any], ...]:
    """Return the cells of the grid; where nothing is drawn beside it, those that are feasible."""
    space, cells = experiment.space, tuple(experiment.space.grid())
    if space.tunable or len(cells) == 1:
        return cells
    left = tuple(cell for cell in cells if experiment.is_feasible(space.build(cell)))
    if not left:
        raise UsageError(
            f"constraint= holds for none of the grid's {len(cells)} cells, the first: {cells[0]!r};"
            " widen it, or give the grid other values"
        )
    return left


def _with_choices(space: Space) -> Space:
    """Return the space with grids as choices, for a searcher that walks grids itself."""
    return Space(
        tuple(
            CategoricalParameter(parameter.path, parameter.options, parameter.when)
            if isinstance(parameter, GridParameter)
            else parameter
            for parameter in space.parameters
        )
    )
