"""A searcher at work for its conformance suite: every call and every answer of it is checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from random import Random
from typing import Any

from tunesmith._run.seeds import Seeds
from tunesmith.plugins import Choice, SearcherSpec, resolve
from tunesmith.protocols import (
    Config,
    Objective,
    Observation,
    ObservationStatus,
    OutcomeConstraint,
    Problem,
    SearchExhausted,
)
from tunesmith.space import (
    TranslationError,
    choice,
    loguniform,
    ordinal,
    parse_space,
    randint,
    randn,
    translate,
    uniform,
)

END = 9.0
"""The experiment's last resource."""

EVERY_KIND: Mapping[str, Any] = {
    "x": uniform(-1, 1),
    "lr": loguniform(1e-4, 1),
    "n": randint(0, 4),
    "act": choice(["relu", "tanh"]),
    "width": ordinal([16, 32, 64]),
    "shift": randn(0, 1),
}
CONDITIONAL: Mapping[str, Any] = {
    "x": uniform(-1, 1),
    "kind": choice([{"name": "sgd", "momentum": uniform(0, 1)}, {"name": "adam"}]),
}
FINITE: Mapping[str, Any] = {"n": randint(0, 4), "act": choice(["relu", "tanh"])}

Loss = Callable[[Config], float]


class Trials:
    """Checks every suggestion, and tells of each trial as the core would.

    `open` are the trials of which the searcher still has to hear. With a `limit`, a function of a
    flat configuration, there is an outcome constraint: its value is at most 0 where it is kept.
    """

    def __init__(
        self,
        chosen: Choice[SearcherSpec],
        space: Mapping[str, Any],
        *,
        objectives: int = 1,
        seed: int = 5,
        limit: Loss | None = None,
    ) -> None:
        self.limit = limit
        self.spec, self.partial = chosen.spec, chosen.partial
        self.translation = translate(
            parse_space(_shown(space, chosen.spec)), chosen.spec.capabilities.vocabulary
        )
        problem = Problem(
            space=self.translation.space,
            objectives=tuple(Objective(f"loss{i}", "min") for i in range(objectives)),
            seeds=Seeds(seed),
            max_concurrent=4,
            max_resource=END,
            outcome_constraints=() if limit is None else (OutcomeConstraint("limit", "<=", 0.0),),
        )
        self.space = problem.space
        self.searcher = chosen.create(problem)
        for method in ("suggest", "observe"):
            assert callable(getattr(self.searcher, method, None)), (
                f"searcher {self.spec.name!r} has no method {method}(), which every searcher needs"
            )
        self.configs: dict[str, Config] = {}
        self.open: set[str] = set()
        self.is_exhausted = False
        self.chance = Random(7)  # noqa: S311 (losses that are the same each time)

    def suggest(self, trial: str) -> Config | None:
        """Return a checked suggestion; None where the search is over or waits for results."""
        try:
            config: Config | None = self.searcher.suggest(trial)
        except SearchExhausted:
            self.is_exhausted = True
            return None
        if config is not None:
            return self.check(trial, config)
        assert self.open, (
            f"{self.spec.name!r} answered None to suggest() although none of its trials is under"
            " way, so that nothing more will be observed; suggest, or raise SearchExhausted"
        )
        return None

    def check(self, trial: str, config: Config) -> Config:
        """Hold a suggestion against the space, types included."""
        valid = self.space.validate(config)
        types = {path: type(value) for path, value in config.items()}
        wanted = {path: type(value) for path, value in valid.items()}
        assert types == wanted, (
            f"{self.spec.name!r} suggested {config!r} with the types {types}; return the builtin"
            " ones, for instance by Space.validate or from_unit"
        )
        self.translation.decode(config)
        self.configs[trial] = dict(config)
        self.open.add(trial)
        return config

    def adopt(self, trial: str, config: Config) -> None:
        """Have the searcher count a trial as pending, where it does such a thing."""
        if not hasattr(self.searcher, "adopt"):
            return
        given = dict(config)
        self.searcher.adopt(trial, given)
        self.open.add(trial)
        assert given == config, f"{self.spec.name!r} changed {config!r} in adopt(); copy it first"

    def tell(
        self,
        trial: str,
        *values: float,
        status: ObservationStatus = "completed",
        resource: float = END,
        config: Config | None = None,
    ) -> None:
        """Pass on one observation."""
        about = dict(self.configs[trial] if config is None else config)
        metrics = {f"loss{i}": value for i, value in enumerate(values)}
        beyond: tuple[float, ...] = ()
        if self.limit is not None and values:
            beyond = (self.limit(about),)
            metrics["limit"] = beyond[0]
        told = Observation(
            trial, about, values, resource, status, metrics, constraint_values=beyond
        )
        kept = deepcopy(told)
        if status not in ("running", "paused"):
            self.open.discard(trial)
        self.searcher.observe(told)
        assert told == kept, (
            f"{self.spec.name!r} changed what it was told in observe(), {kept}, into {told};"
            " the experiment's records share it: copy config and metrics first"
        )

    def cut(self, trial: str, value: float, config: Config | None = None) -> None:
        """Tell of a trial that was stopped at resource 1, as the searcher's policy has it."""
        if self.partial == "all":
            self.tell(trial, value, status="running", resource=1.0, config=config)
        told = () if self.partial in ("ignore", "aligned") else (value,)
        self.tell(trial, *told, status="stopped", resource=1.0, config=config)

    def run(
        self,
        steps: int,
        *,
        pending: int = 0,
        first: int = 0,
        values: int = 1,
        loss: Loss | None = None,
    ) -> list[Config]:
        """Return the suggestions of so many trials, of which the last `pending` stay open.

        Results are random without a `loss`.
        """
        made: list[Config] = []
        for i in range(first, first + steps):
            config = self.suggest(f"{i:04}")
            if config is None:
                break
            made.append(config)
            done = f"{i - pending:04}"
            if i - pending >= first and loss is not None:
                self.tell(done, loss(self.configs[done]))
            elif i - pending >= first:
                self.tell(done, *(self.chance.random() for _ in range(values)))
        return made


def trace(definition: Mapping[str, Any], steps: int) -> list[Config]:
    """Return the first suggestions of a searcher, for comparison between processes."""
    chosen = resolve("searcher", definition)
    return Trials(chosen, {**EVERY_KIND, **CONDITIONAL}).run(steps, pending=2)


def _shown(space: Mapping[str, Any], spec: SearcherSpec) -> dict[str, Any]:
    """Return the parameters of a space that the searcher can take."""
    shown = {}
    for name, domain in space.items():
        try:
            translate(parse_space({name: domain}), spec.capabilities.vocabulary)
        except TranslationError:
            continue
        shown[name] = domain
    return shown
