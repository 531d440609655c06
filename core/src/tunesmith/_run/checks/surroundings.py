"""What may be said about how to run: algorithms, resources, places, watchers.

Every check returns the value in its one inner form.
"""

import math
import operator
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, get_args

from tunesmith._run import migration
from tunesmith._run.checks.values import is_count, is_list, is_number, is_table, listed, short
from tunesmith.errors import UsageError, closest, did_you_mean
from tunesmith.protocols import Callback, Resources
from tunesmith.protocols.resources import Strategy

HOOKS = tuple(name for name in vars(Callback) if name.startswith("on_"))

_RESOURCES_ELSEWHERE = {
    "cpu": "cpu",
    "core": "cpu",
    "gpu": "gpu",
    "memory": "memory",
    "mem": "memory",
    "ram": "memory",
}
"""What people call resources, in lower case and the singular."""

_HOOKS_ELSEWHERE = {
    "on_trial_result": "on_result",
    "on_trial_complete": "on_trial_end",
    "on_trial_error": "on_trial_end",
    "on_trial_save": "on_checkpoint",
    "on_trial_add": "on_trial_start",
}


def check_names(
    options: Iterable[str],
    known: Sequence[str],
    where: str = "tune.run()",
    elsewhere: Mapping[str, str] = migration.OPTIONS,
) -> None:
    """Refuse options that `where` does not have, all at once."""
    unknown = [name for name in options if name not in known]
    if unknown:
        hints = [migration.hint(name, known, elsewhere) for name in unknown]
        hints[0] = hints[0] or f"; it has {listed(known)}"
        told = "\nnor ".join(f"{name!r}{said}" for name, said in zip(unknown, hints, strict=True))
        raise UsageError(f"{where} has no option {told}")


def check_time_budget(value: Any) -> float | None:
    """Return the experiment's time in seconds."""
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    if seconds is not None and (not is_number(seconds) or not seconds > 0):
        raise UsageError(
            f"time_budget_s={value!r}: expected seconds, more than 0; for an hour write 3600"
        )
    return None if seconds is None else float(seconds)


def check_max_concurrent(value: Any) -> int | None:
    """Return how many trials may run at once; None for as many as fit."""
    if value is not None and (not is_count(value) or value < 1):
        raise UsageError(
            f"max_concurrent={value!r}: expected a whole number from 1 on, "
            "or None for as many trials as fit"
        )
    return value


def check_resources(value: Any) -> Resources:
    """Return what one trial needs, in bundles."""
    if value is None:
        return Resources()
    strategy: Strategy = "PACK"
    if isinstance(value, Resources):
        bundles: tuple[Any, ...] = tuple(value.bundles) if is_list(value.bundles) else ()
        strategy = value.strategy
    else:
        bundles = (value,) if isinstance(value, Mapping) else tuple(value) if is_list(value) else ()
    if not bundles or not all(isinstance(bundle, Mapping) and bundle for bundle in bundles):
        raise UsageError(
            f"resources={short(value)}: expected amounts by name, as in {{'cpu': 1, 'gpu': 0.5}}, "
            "or a list of such bundles"
        )
    if str(strategy) not in get_args(Strategy):
        raise UsageError(
            f"strategy={strategy!r}: expected one of {listed(get_args(Strategy))}"
            f"{did_you_mean(str(strategy), get_args(Strategy))}"
        )
    return Resources(bundles=tuple(_bundle(one) for one in bundles), strategy=strategy)


def check_resource(value: Any) -> str:
    """Return the name of the metric that says how far a trial has trained."""
    if not isinstance(value, str) or not value:
        raise UsageError(
            f"resource={value!r}: expected the name of a metric that grows as a trial trains, "
            "such as 'training_iteration'"
        )
    return value


def check_storage(value: Any) -> str:
    """Return the folder of runs as text; whether it can be written to is tried later."""
    if not isinstance(value, str | os.PathLike) or not os.fspath(value):
        raise UsageError(f"storage={value!r}: expected a folder, such as 'runs'")
    path = os.fspath(value)
    if not isinstance(path, str) or "://" in path:
        raise UsageError(
            f"storage={value!r} is no local folder; runs are written to a file system, "
            "give a mounted folder such as 'runs'"
        )
    return path


def check_run(value: Any) -> str:
    """Return the folder of a run that there is, or the file in it, as text."""
    path = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if not path or not isinstance(path, str):
        raise UsageError(
            f"path={short(value)} names no run; give its folder, as in 'runs/digits-1'; results "
            "know theirs: results.path"
        )
    return path


def check_seed(value: Any) -> int:
    """Return the seed; what counts as an index (a NumPy integer) counts as a whole number."""
    try:
        if not isinstance(value, bool):
            return operator.index(value)
    except TypeError:
        pass  # an array has an index as well, which it refuses to tell
    raise UsageError(f"seed={value!r}: expected a whole number, or None to have one drawn")


def check_callbacks(value: Any) -> tuple[Any, ...]:
    """Return callbacks: objects with hooks, names of plugins, or {"name": ..., **options}."""
    if isinstance(value, str | Mapping) or not is_list(value):
        raise UsageError(f"callbacks={short(value)}: expected a list; write callbacks=[...]")
    for callback in value:
        if isinstance(callback, Mapping):
            if not isinstance(callback.get("name"), str):
                raise UsageError(
                    f"callbacks: {short(callback)} has no name; write {{'name': ..., **options}}"
                )
        elif not isinstance(callback, str):
            _check_hooks(callback)
    return tuple(value)


def check_verbose(value: Any) -> int:
    """Return how much to print."""
    if isinstance(value, int) and 0 <= value <= 2:
        return int(value)
    raise UsageError(
        f"verbose={value!r}: expected 0 (nothing), 1 (one table) or 2 (a line per change)"
    )


def check_switch(option: str, value: Any) -> bool:
    """Return an option that is on or off."""
    if value is None or isinstance(value, bool):
        return bool(value)
    raise UsageError(f"{option}={short(value)}: expected True or False")


def check_config(option: str, kind: type) -> Callable[[Any], Any]:
    """Return the check that an option is an object of `kind`."""

    def check(value: Any) -> Any:
        if isinstance(value, kind):
            return value
        fields = (
            ", ".join(f"{key}={one!r}" for key, one in value.items()) if is_table(value) else "..."
        )
        raise UsageError(f"{option}={short(value)}: write {option}=tune.{kind.__name__}({fields})")

    return check


def _check_hooks(callback: object) -> None:
    if isinstance(callback, type):
        raise UsageError(f"callbacks: {callback.__name__} is a class; write {callback.__name__}()")
    name = type(callback).__name__
    for attribute in dir(type(callback)):
        if attribute.startswith("on_") and attribute not in HOOKS:
            near = closest(attribute, (*HOOKS, *_HOOKS_ELSEWHERE))
            if near:
                meant = _HOOKS_ELSEWHERE.get(near, near)
                raise UsageError(
                    f"callbacks: {name}.{attribute} would never be called; did you mean {meant!r}?"
                )
    if not any(callable(getattr(callback, hook, None)) for hook in HOOKS):
        raise UsageError(
            f"callbacks: {short(callback)} has none of the methods {listed(HOOKS)}; "
            "give it one, or leave it out"
        )


def _bundle(bundle: Mapping[Any, Any]) -> dict[str, float]:
    for name, amount in bundle.items():
        bare = str(name).casefold().removeprefix("num_").removesuffix("s")
        meant = _RESOURCES_ELSEWHERE.get(bare)
        if meant and name != meant:
            raise UsageError(
                f"resources={short(bundle)}: unknown {name!r}; did you mean {meant!r}?"
            )
        if not isinstance(name, str) or not is_number(amount) or not 0 <= amount < math.inf:
            raise UsageError(
                f"resources={short(bundle)}: {amount!r} is no amount of {name!r}; "
                "give a number from 0 on"
            )
    return {name: float(amount) for name, amount in bundle.items()}


def check_warm_start(value: Any) -> tuple[str, ...]:
    """Return the folders of earlier runs."""
    folders = value if is_list(value) else (value,)
    for folder in folders:
        if not isinstance(folder, str | os.PathLike):
            raise UsageError(
                f"warm_start={short(value)} must name the folders of earlier runs; "
                "results know theirs: warm_start=results.path"
            )
    return tuple(map(os.fspath, folders))
