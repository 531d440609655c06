"""The families of tasks by name; a family's module is imported when one of its tasks is loaded."""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from tunesmith.errors import UsageError, did_you_mean
from tunesmith_bench.data import Data
from tunesmith_bench.task import Task

FAMILIES = {
    "synthetic": "synthetic",
    "live": "live",
    "yahpo_lcbench": "lcbench",
    "yahpo_rbv2_xgboost": "xgboost",
    "fcnet": "grid",
    "hpobench_mlp": "grid",
    "nasbench201": "grid",
    "arlbench": "sampled",
    "sklearn_curves": "sampled",
    "lcdb_accuracy": "lcdb",
}
"""Family -> module beside this one."""

_OPEN = {"fcnet", "hpobench_mlp", "nasbench201", "arlbench", "sklearn_curves", "lcdb_accuracy"}
"""Families whose instances depend on the data that are there."""


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


def load_task(family: str, instance: str, data: Data, options: Mapping[str, Any]) -> Task:
    """Return a task.

    Raises:
        UsageError: there is no such family, instance or option.
        MissingDataError: its data are not there.
    """
    check_family(family)
    if ":" in family:
        return _own(family, instance, options)
    module = _module(family)
    known = module.instances(family, data)
    _check_options(family, module.load, options)
    if family not in _OPEN and known and instance not in known:
        numbered = family == "yahpo_lcbench" and instance.isdigit()
        if not numbered:
            guess = did_you_mean(instance, known) or f"; there are {', '.join(known)}"
            raise UsageError(f"family {family!r} has no instance {instance!r}{guess}")
    task: Task = module.load(family, instance, data, **options)
    return task


def _module(family: str) -> Any:
    check_family(family)
    return import_module(f"tunesmith_bench.families.{FAMILIES[family]}")


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
