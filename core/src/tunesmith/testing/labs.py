"""For a searcher's own tests: a searcher on a small problem, and ways to feed it.

class Lab(labs.Lab):
    name = "mine"
    space = {"x": uniform(-1, 1)}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, ClassVar

from tunesmith.plugins import default_registry, load_factory
from tunesmith.protocols import (
    Config,
    Objective,
    Observation,
    ObservationStatus,
    OutcomeConstraint,
    Problem,
)
from tunesmith.space import (
    Space,
    choice,
    lograndint,
    loguniform,
    ordinal,
    parse_space,
    quniform,
    randint,
    translate,
    uniform,
)

MIXED: Mapping[str, Any] = {
    "x": uniform(-1, 1),
    "lr": loguniform(1e-4, 1),
    "n": randint(1, 9),
    "batch": lograndint(8, 257),
    "on": choice([False, True]),
    "act": choice(["relu", "tanh", "gelu"]),
    "width": ordinal([16, 32, 64]),
    "drop": quniform(0, 0.5, 0.1),
}


class Lab:
    """A searcher made with `options` for a problem of `space`, as the core would make it.

    A subclass names the searcher, and may have a space, losses and options of its own. Each of
    `limits`, functions of a flat configuration, is an outcome constraint: its value is at most 0
    where it is kept.
    """

    name: ClassVar[str]
    options: ClassVar[Mapping[str, Any]] = {}
    space: ClassVar[Mapping[str, Any]] = {
        "x": uniform(-1, 1),
        "lr": loguniform(1e-4, 1),
        "n": randint(1, 9),
    }

    def __init__(
        self,
        space: Mapping[str, Any] | Space | None = None,
        *,
        objectives: int = 1,
        seed: int = 0,
        num_samples: int | None = None,
        max_resource: float | None = None,
        limits: Sequence[Callable[[Config], float]] = (),
        **options: Any,
    ) -> None:
        self.limits = limits
        spec = default_registry().searcher(self.name)
        whole = self.space if space is None else space
        parsed = whole if isinstance(whole, Space) else parse_space(whole)
        self.problem = Problem(
            space=translate(parsed, spec.capabilities.vocabulary).space,
            objectives=tuple(Objective(f"loss{i}", "min") for i in range(objectives)),
            seeds=lambda name: Random(f"{seed}-{name}"),  # noqa: S311 (the same each time)
            num_samples=num_samples,
            max_resource=max_resource,
            outcome_constraints=tuple(
                OutcomeConstraint(f"limit{i}", "<=", 0.0) for i in range(len(limits))
            ),
        )
        self.searcher: Any = load_factory(spec)(self.problem, **{**self.options, **options})
        self.configs: dict[str, Config] = {}

    def suggest(self, trial: str) -> Any:
        """Return a suggestion, which is a configuration in builtin types or None."""
        config = self.searcher.suggest(trial)
        if config is not None:
            assert self.problem.space.validate(config) == config
            self.configs[trial] = config
        return config

    def observe(
        self,
        trial: str,
        *values: float,
        status: ObservationStatus = "completed",
        resource: float = 1.0,
        config: Config | None = None,
        **more: Any,
    ) -> None:
        """Tell the searcher of a trial, by default of one that it suggested."""
        about = self.configs[trial] if config is None else config
        if values:
            more.setdefault("constraint_values", tuple(limit(about) for limit in self.limits))
        self.searcher.observe(Observation(trial, about, values, resource, status, **more))

    def losses(self, config: Config) -> Sequence[float]:
        """Return a loss per objective: the first with its optimum at .3 in every real number."""
        reals = [value for value in config.values() if isinstance(value, float)]
        count = len(self.problem.objectives)
        return [sum((value - 0.3 - i) ** 2 for value in reals) for i in range(count)]

    def run(
        self,
        steps: int,
        pending: int = 0,
        start: int = 0,
        *,
        loss: Callable[[Config], float] | None = None,
    ) -> list[Any]:
        """Run trials to their end with `pending` others in flight; return the configurations."""
        configs = [self.suggest(f"{i:04}") for i in range(start, start + pending)]
        for i in range(start + pending, start + steps):
            configs.append(self.suggest(f"{i:04}"))
            done = f"{i - pending:04}"
            config = self.configs[done]
            self.observe(done, *([loss(config)] if loss else self.losses(config)))
        return configs


class MixedLab(Lab):
    """With one loss for real numbers and for `MIXED`."""

    space: ClassVar[Mapping[str, Any]] = {
        "x": uniform(-1, 1),
        "y": uniform(-1, 1),
        "lr": loguniform(1e-4, 1),
    }

    @staticmethod
    def loss(config: Config) -> float:
        """Return a loss with its optimum at .3 for reals, at 3 for n and at the last options."""
        reals = sum((config[name] - 0.3) ** 2 for name in ("x", "y", "lr") if name in config)
        last = {"act": "gelu", "on": True}
        wrong = sum(config.get(name, best) != best for name, best in last.items())
        return float(reals + abs(config.get("n", 3) - 3) / 8 + wrong / 2)

    def losses(self, config: Config) -> Sequence[float]:
        """Return that one loss."""
        return [self.loss(config)]
