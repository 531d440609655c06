"""Who competes: a suite's methods and tasks, looked up, checked and named."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import msgspec

from tunesmith.errors import PluginNotInstalledError, UsageError
from tunesmith.plugins import compatibility, default_registry, resolve
from tunesmith_bench.cell import Cell, TaskKey
from tunesmith_bench.data import Data, MissingDataError
from tunesmith_bench.families.catalog import check_task, instances
from tunesmith_bench.suite import Method, Suite, TaskOrder

Chosen = str | dict[str, Any]


class Field(msgspec.Struct, frozen=True):
    """All cells of a contest, and what was left out of it and why."""

    cells: list[Cell]
    left_out: list[str]


def assemble(suite: Suite, data: Data) -> Field:
    """Return every method on every task with every seed, a task's cells together.

    Raises:
        UsageError: a method or task cannot be, or its data are missing.
        PluginError: a plugin is missing or broken.
    """
    left_out: list[str] = []
    methods = _methods(suite, left_out)
    if not methods:
        raise UsageError(f"suite {suite.name!r}: no method is left: {'; '.join(left_out)}")
    if suite.baseline and suite.baseline not in [method.name for method in methods]:
        names = ", ".join(method.name for method in methods)
        raise UsageError(f"suite {suite.name!r}: baseline={suite.baseline!r} is none of {names}")
    cells: list[Cell] = []
    taken: set[str] = set()
    for order in suite.tasks:
        for instance in _instances(suite, order, data, left_out):
            key = TaskKey(
                family=order.family, instance=instance, options=order.options, label=order.name
            )
            if key.name in taken:
                raise UsageError(
                    f"suite {suite.name!r}: two tasks are called {key.name!r}; give one a name"
                )
            taken.add(key.name)
            pairs = product(suite.seed_list, methods)
            cells += [_cell(suite, order, key, method, seed) for seed, method in pairs]
    if not cells:
        raise UsageError(f"suite {suite.name!r}: no task is left: {'; '.join(left_out)}")
    return Field(cells, left_out)


def _cell(suite: Suite, order: TaskOrder, key: TaskKey, method: Method, seed: int) -> Cell:
    return Cell(
        method=method,
        task=key,
        seed=seed,
        workers=method.workers or order.workers or suite.workers,
        horizon=order.horizon or suite.horizon,
        simulator={**suite.simulator, **method.simulator},
    )


def _methods(suite: Suite, left_out: list[str]) -> list[Method]:
    found: dict[str, Method] = {}
    for method in (*_pairs(suite, left_out), *suite.methods):
        name = method.name or title(method)
        named = msgspec.structs.replace(method, name=name)
        if name in found:
            raise UsageError(
                f"suite {suite.name!r}: two methods are called {name!r}; give one a name = ..."
            )
        try:
            resolve("searcher", method.searcher)
            resolve("scheduler", method.scheduler)
        except PluginNotInstalledError as error:
            if suite.missing == "error":
                raise
            left_out.append(f"method {name!r}: {error}")
            continue
        found[name] = named
    return list(found.values())


def _pairs(suite: Suite, left_out: list[str]) -> Iterator[Method]:
    """Yield the pairs of searchers and schedulers that can work together."""
    gaps = {
        (cell.searcher, cell.scheduler): cell.reasons
        for cell in compatibility(default_registry())
        if not cell.works
    }
    searchers, schedulers = _listed("searcher", suite), _listed("scheduler", suite)
    for searcher, scheduler in product(searchers, schedulers):
        method = Method(searcher=searcher, scheduler=scheduler)
        names = _name(searcher), _name(scheduler)
        if {*names, "+".join(names), title(method)} & set(suite.exclude):
            continue
        if names in gaps:
            left_out.append(f"method {title(method)!r}: {'; '.join(gaps[names])}")
            continue
        yield method


def _listed(kind: Any, suite: Suite) -> list[Chosen]:
    given = suite.searchers if kind == "searcher" else suite.schedulers
    if given != "installed":
        return list(given)
    return [spec.name for spec in default_registry().specs(kind)]


def _name(chosen: Chosen) -> str:
    return chosen if isinstance(chosen, str) else str(chosen.get("name"))


def title(method: Method) -> str:
    """Return a name for a method: "random", "optuna+asha", "optuna(sampler='gp')"."""
    searcher, scheduler = _shown(method.searcher), _shown(method.scheduler)
    return searcher if scheduler == "fifo" else f"{searcher}+{scheduler}"


def _shown(chosen: Chosen) -> str:
    if isinstance(chosen, str):
        return chosen
    options = ", ".join(f"{key}={value!r}" for key, value in chosen.items() if key != "name")
    return f"{_name(chosen)}({options})" if options else _name(chosen)


def _instances(suite: Suite, order: TaskOrder, data: Data, left_out: list[str]) -> Iterator[str]:
    """Yield the instances of which the data are there."""
    wanted = order.instances or (order.instance and [order.instance]) or "all"
    if wanted == "all":
        wanted = instances(order.family, data)
        if not wanted:
            _leave(suite, data.missing(order.family), left_out)
    for instance in wanted:
        try:
            check_task(order.family, instance, data, order.options)
        except MissingDataError as error:
            _leave(suite, error, left_out)
            continue
        yield instance


def _leave(suite: Suite, error: MissingDataError, left_out: list[str]) -> None:
    if suite.missing == "error":
        raise error
    left_out.append(str(error))
