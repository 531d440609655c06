"""What a searcher and a scheduler can do together, and for this experiment; before it starts."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from tunesmith.errors import CapabilityError, PluginError
from tunesmith.plugins.factories import check_api
from tunesmith.plugins.loading import Installed
from tunesmith.plugins.registry import Registry
from tunesmith.plugins.requirements import check_requirements
from tunesmith.plugins.specs import (
    Capabilities,
    Kind,
    SchedulerSpec,
    SearcherSpec,
    Spec,
    kind_of,
)
from tunesmith.space import Space, TranslationError, translate


class Demands(msgspec.Struct, frozen=True):
    """What an experiment asks of its algorithms.

    `objectives` are the metrics' names. `has_checkpoints` tells whether the training code can
    save itself, None where that shows only when it runs.
    """

    space: Space
    objectives: tuple[str, ...] = ()
    has_checkpoints: bool | None = None
    lossy: bool = False


class Compatibility(msgspec.Struct, frozen=True):
    """Whether a pair of algorithms works, why not, and what to keep in mind if it does."""

    searcher: str
    scheduler: str
    works: bool
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def check_capabilities(
    searcher: SearcherSpec, scheduler: SchedulerSpec, demands: Demands, registry: Registry
) -> None:
    """Raise `CapabilityError` if either cannot do what is demanded; it names those that can."""
    if not demands.lossy:
        _check_space(searcher, demands.space, registry)
    if len(demands.objectives) > 1:
        _check_objectives(searcher, demands.objectives, registry)
        _check_objectives(scheduler, demands.objectives, registry)
    if scheduler.capabilities.needs_checkpoints and demands.has_checkpoints is False:
        able = _able(registry, "scheduler", lambda spec: not spec.capabilities.needs_checkpoints)
        raise CapabilityError(
            f"scheduler {scheduler.name!r} takes up trials from their checkpoints, but this"
            " training code saves none; give its class save_checkpoint and load_checkpoint, or"
            f" report checkpoints; {able}"
        )


def compatibility(registry: Registry) -> tuple[Compatibility, ...]:
    """Tell how each installed searcher gets on with each scheduler, apart from any experiment."""
    return tuple(
        _compatibility(searcher, scheduler, registry)
        for searcher in registry.installed("searcher")
        for scheduler in registry.installed("scheduler")
    )


def _compatibility(searcher: Installed, scheduler: Installed, registry: Registry) -> Compatibility:
    reasons = []
    for one in (searcher, scheduler):
        try:
            check_api(one.spec, one.source)
            check_requirements(one.source)
        except PluginError as error:
            reasons.append(str(error))
    capabilities = [_capabilities(one.spec) for one in (searcher, scheduler)]
    notes = []
    if not all(one.multi_objective for one in capabilities):
        notes.append("one objective")
    if capabilities[1].needs_checkpoints:
        notes.append("needs checkpoints")
    return Compatibility(
        searcher=registry.label(searcher),
        scheduler=registry.label(scheduler),
        works=not reasons,
        reasons=tuple(dict.fromkeys(reasons)),
        notes=tuple(notes),
    )


def _check_space(searcher: SearcherSpec, space: Space, registry: Registry) -> None:
    gap = _gap(searcher, space)
    if gap is not None:
        able = _able(
            registry,
            "searcher",
            lambda spec: isinstance(spec, SearcherSpec) and _gap(spec, space) is None,
        )
        raise CapabilityError(
            f"searcher {searcher.name!r} cannot take this space: {gap}; {able}"
        ) from gap


def _gap(searcher: SearcherSpec, space: Space) -> TranslationError | None:
    try:
        translate(space, searcher.capabilities.vocabulary)
    except TranslationError as error:
        return error
    return None


def _check_objectives(
    spec: SearcherSpec | SchedulerSpec, metrics: Sequence[str], registry: Registry
) -> None:
    if not spec.capabilities.multi_objective:
        kind = kind_of(spec)
        able = _able(registry, kind, lambda one: _capabilities(one).multi_objective)
        raise CapabilityError(
            f"{kind} {spec.name!r} takes one objective, but this experiment has {len(metrics)}"
            f" ({', '.join(metrics)}); {able}"
        )


def _able(registry: Registry, kind: Kind, fits: Callable[[Any], bool]) -> str:
    names = [repr(spec.name) for spec in registry.specs(kind) if fits(spec)]
    return f"{kind}s that can: {', '.join(names)}" if names else f"no installed {kind} can"


def _capabilities(spec: Spec) -> Capabilities:
    return getattr(spec, "capabilities", Capabilities())
