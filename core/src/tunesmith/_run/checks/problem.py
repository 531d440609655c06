"""What may be asked: objectives, points, constraints, and when it is enough.

Every check returns the value in its one inner form. All of them run before the first trial, and
before anything is written.
"""

import math
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, get_args

from tunesmith._run.checks.values import is_count, is_list, is_number, plural, short
from tunesmith.errors import UsageError
from tunesmith.protocols import Config, Mode
from tunesmith.space import Space


def check_metric(value: Any) -> tuple[str, ...]:
    """Return the metrics to optimise, at least one."""
    names = (value,) if isinstance(value, str) else tuple(value) if is_list(value) else ()
    if value is None or not names:
        raise UsageError(
            f"metric={value!r}: name what the training code reports, "
            "as in metric='loss', mode='min'"
        )
    for name in names:
        if not isinstance(name, str) or not name:
            raise UsageError(
                f"metric={value!r}: {name!r} is no name; write it as text, as in 'loss'"
            )
        if names.count(name) > 1:
            raise UsageError(f"metric={value!r} names {name!r} twice; name each objective once")
    return names


def check_mode(value: Any, metric: tuple[str, ...]) -> tuple[Mode, ...]:
    """Return one mode for each metric."""
    if value is None:
        raise UsageError(
            "mode is missing: "
            f"write mode='min' to minimise {metric[0]!r}, mode='max' to maximise it"
        )
    modes = (value,) if isinstance(value, str) else tuple(value) if is_list(value) else (value,)
    for mode in modes:
        if mode not in get_args(Mode):
            start = mode[:3].casefold() if isinstance(mode, str) else ""
            hint = f"did you mean {start!r}?" if start in get_args(Mode) else "write 'min' or 'max'"
            raise UsageError(f"mode={value!r}: {mode!r} is no direction; {hint}")
    if len(modes) != len(metric):
        fix = (
            f"write mode={[modes[0]] * len(metric)}"
            if len(modes) == 1
            else "write mode='min' or mode='max'"
            if len(metric) == 1
            else "give one 'min' or 'max' for each metric"
        )
        raise UsageError(
            f"metric={list(metric)!r} has {len(metric)} objective{plural(metric)} "
            f"and mode={value!r} has {len(modes)} direction{plural(modes)}; {fix}"
        )
    return modes


def check_num_samples(value: Any) -> int | None:
    """Return how many trials to make; None for as many as come."""
    if value is not None and (not is_count(value) or value < 1):
        endless = value in (-1, math.inf)
        fix = (
            "write num_samples=None, and time_budget_s= or stop= for the end"
            if endless
            else f"write num_samples={max(1, round(value))}"
            if is_number(value) and value > 0 and math.isfinite(value)
            else "give a whole number from 1 on"
        )
        raise UsageError(f"num_samples={value!r} is no number of trials; {fix}")
    return value


def check_constraint(value: Any) -> tuple[Callable[[dict[str, Any]], bool], ...]:
    """Return functions that tell whether a config is feasible."""
    constraints = tuple(value) if is_list(value) else (value,)
    for one in constraints:
        if not callable(one):
            raise UsageError(
                f"constraint={short(one)} cannot be called; give a function of a config that "
                "returns True where it may be tried, as in lambda c: c['a'] < c['b']"
            )
    return constraints


def check_points(value: Any, space: Space, rng: Random) -> tuple[Config, ...]:
    """Return configurations of the space, in plain form; what a point leaves out is drawn."""
    if not is_list(value):
        raise UsageError(
            f"points_to_evaluate={short(value)}: expected a list of configurations; "
            "write points_to_evaluate=[{...}]"
        )
    points = []
    for index, point in enumerate(value):
        try:
            points.append(space.complete(point, rng))
        except UsageError as error:
            raise UsageError(f"points_to_evaluate[{index}]: {error}") from error
    return tuple(points)


def check_ending(experiment: Mapping[str, Any], space: Space) -> None:
    """Refuse an experiment of which it is certain that it never ends."""
    searcher, stop = experiment.get("searcher", "random"), experiment.get("stop")
    name = searcher.get("name") if isinstance(searcher, Mapping) else searcher
    ends = (
        experiment.get("num_samples") is not None
        or experiment.get("time_budget_s") is not None
        or any(hasattr(one, "stop_all") for one in (stop if is_list(stop) else [stop]))
        or name != "random"
        or bool(space.grid()[0])
    )
    if not ends:
        raise UsageError(
            "nothing ends this experiment: searcher='random' never runs out; "
            "give num_samples=, time_budget_s=, or a stopper of the experiment as stop="
        )
