"""The experiment as a value: everything that `tune.run` was told, checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from tunesmith._builtin.stoppers import make_stopper
from tunesmith._engine.scoring import Scoring
from tunesmith._run import seeds
from tunesmith._run.checks import problem, surroundings
from tunesmith._run.checks.values import plain
from tunesmith._run.configs import CheckpointConfig, FailureConfig
from tunesmith._run.feasibility import Feasibility
from tunesmith._run.naming import check_name
from tunesmith.protocols import Config, Mode, Objective, OutcomeConstraint, Resources
from tunesmith.space import Space, parse_space


class Experiment(msgspec.Struct, frozen=True, kw_only=True):
    """What to run and how, with the fields of `tune.run`; made by `Experiment.create`.

    Each field has one inner form: `metric` and `mode` are tuples, `space` is parsed, `resources`
    are bundles, `points_to_evaluate` plain configurations, and `seed` is a number, drawn if none
    was given. `callbacks` are objects with hooks, names, or {"name": ..., **options}. `trainable`,
    `searcher`, `scheduler`, `executor` and `stop` are as they were given: whoever makes things of
    them checks them.
    """

    trainable: Any
    space: Space
    metric: tuple[str, ...]
    mode: tuple[Mode, ...]
    searcher: Any = "random"
    scheduler: Any = "fifo"
    num_samples: int | None = None
    stop: Any = None
    time_budget_s: float | None = None
    max_concurrent: int | None = None
    resources: Resources = Resources()
    resource: str = "training_iteration"
    executor: Any = "auto"
    storage: str = "runs"
    name: str | None = None
    seed: int
    callbacks: tuple[Any, ...] = ()
    checkpoint: CheckpointConfig = CheckpointConfig()
    failure: FailureConfig = FailureConfig()
    points_to_evaluate: tuple[Config, ...] = ()
    warm_start: tuple[str, ...] = ()
    constraint: tuple[Callable[[Config], bool], ...] = ()
    outcome_constraints: tuple[OutcomeConstraint, ...] = ()
    verbose: int = 1

    @classmethod
    def create(cls, trainable: Any, space: Any = None, **options: Any) -> Experiment:
        """Check every option and return the experiment; nothing is imported, run or written.

        Raises:
            UsageError: quoting the value that is wrong, with what to write instead.
        """
        surroundings.check_names(options, cls.__struct_fields__)
        fields = _options(options)
        fields["trainable"] = trainable
        fields["space"] = parsed = parse_space(space)
        fields["metric"] = problem.check_metric(options.get("metric"))
        fields["mode"] = problem.check_mode(options.get("mode"), fields["metric"])
        rng = seeds.Seeds(fields["seed"])("points_to_evaluate")
        points = fields.get("points_to_evaluate", ())
        is_feasible = Feasibility(parsed, fields.get("constraint", ()))
        fields["points_to_evaluate"] = problem.check_points(points, is_feasible, rng)
        # A function in the space, or of it, that fails is better found now than at a trial.
        is_feasible(parsed.sample(seeds.Seeds(fields["seed"])("rehearsal")))
        make_stopper(fields.get("stop"))
        problem.check_number_of_points(fields, parsed)
        problem.check_ending(fields, parsed)
        return cls(**fields)

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """Return what is optimised, the first objective first."""
        return tuple(map(Objective, self.metric, self.mode))

    @property
    def scoring(self) -> Scoring:
        """What tells how good a report is, and whether it keeps to the outcome constraints."""
        return Scoring(self.objectives, self.outcome_constraints)

    @property
    def required(self) -> dict[str, str]:
        """What training code has to report, the objectives first, with the option that names it."""
        objectives = dict.fromkeys(self.metric, "metric")
        limits = {limit.metric: "outcome_constraints" for limit in self.outcome_constraints}
        return objectives | limits | objectives

    @property
    def is_feasible(self) -> Feasibility:
        """What tells whether a configuration keeps to the constraints."""
        return Feasibility(self.space, self.constraint)

    def replace(self, **changes: Any) -> Experiment:
        """Return the experiment with other options, all checked again."""
        fields = {field: getattr(self, field) for field in self.__struct_fields__}
        made = Experiment.create(**{**fields, "name": None, **changes})
        # A run's folder may have been given a name that no new run is given.
        return made if "name" in changes else msgspec.structs.replace(made, name=self.name)


def _seed(value: Any) -> int:
    return seeds.draw() if value is None else surroundings.check_seed(value)


def _name(value: Any) -> str | None:
    if value is not None:
        check_name(value)
    return value  # type: ignore[no-any-return]


_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "num_samples": problem.check_num_samples,
    "time_budget_s": surroundings.check_time_budget,
    "max_concurrent": surroundings.check_max_concurrent,
    "resources": surroundings.check_resources,
    "resource": surroundings.check_resource,
    "storage": surroundings.check_storage,
    "name": _name,
    "seed": _seed,
    "callbacks": surroundings.check_callbacks,
    "checkpoint": surroundings.check_config("checkpoint", CheckpointConfig),
    "failure": surroundings.check_config("failure", FailureConfig),
    "constraint": problem.check_constraint,
    "outcome_constraints": problem.check_outcome_constraints,
    "warm_start": surroundings.check_warm_start,
    "verbose": surroundings.check_verbose,
}


def _options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Check what can be checked by itself."""
    fields = {"seed": None, **options}
    for option, check in _CHECKS.items():
        if option in fields:
            fields[option] = check(plain(fields[option]))
    return fields
