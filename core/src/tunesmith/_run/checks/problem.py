"""What may be asked: objectives, points, constraints, and when it is enough.

Every check returns the value in its one inner form. All of them run before the first trial, and
before anything is written.
"""

import math
import re
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, cast, get_args

from tunesmith._run.checks.values import is_count, is_list, is_number, plural, short
from tunesmith._run.feasibility import Feasibility
from tunesmith.errors import UsageError
from tunesmith.protocols import Config, Mode, OutcomeConstraint, Sense
from tunesmith.space import Space

_COMPARISON = re.compile(r"(.*?)(<=|>=|==|<|>|=)(.*)", re.DOTALL)
_TURNED = {"<": ">=", ">": "<=", "=": ">="}

_DRAWS = 100
"""How often what a point leaves out is drawn, until the constraints hold."""


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
        if not isinstance(mode, str) or mode not in get_args(Mode):
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
        endless = is_number(value) and value in (-1, math.inf)
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


def check_outcome_constraints(value: Any) -> tuple[OutcomeConstraint, ...]:
    """Return the limits on metrics, each of which was written like "latency_ms <= 100"."""
    limits = [_limit(one) for one in (value if is_list(value) else (value,))]
    for number, limit in enumerate(limits):
        if any((limit.metric, limit.sense) == (it.metric, it.sense) for it in limits[:number]):
            raise UsageError(
                f"outcome_constraints={value!r} limits {limit.metric!r} by {limit.sense} twice; "
                "leave one out"
            )
    return tuple(limits)


def _limit(one: Any) -> OutcomeConstraint:
    if isinstance(one, OutcomeConstraint):
        return one
    wrong = f"outcome_constraints: {short(one)}"
    if not isinstance(one, str):
        what = "is a function; those of a config go into constraint=, and limits on what trials"
        told = f"{what} report are written" if callable(one) else "is no text; write it"
        raise UsageError(f"{wrong} {told} like 'latency_ms <= 100'")
    match = _COMPARISON.fullmatch(one.strip())
    if match is None:
        raise UsageError(f"{wrong} compares nothing; write it like 'latency_ms <= 100'")
    left, sense, right = (part.strip() for part in match.groups())
    bound = _number(right)
    if bound is None or not left:
        if _number(left) is not None and right:
            fix = f"write the metric first: '{right} {_TURNED[sense[0]]} {left}'"
        else:
            fix = f"write a {'metric before' if not left else 'finite number after'} {sense}"
        raise UsageError(f"{wrong} does not compare a metric with a number; {fix}")
    if sense not in get_args(Sense):
        if sense[0] == "=":
            fix = "that a number is met exactly cannot be asked for; use <= or >="
        else:
            fix = f"write '{left} {sense[0]}= {right}'"
        raise UsageError(f"{wrong}: {sense!r} is no limit; {fix}")
    return OutcomeConstraint(left, cast("Sense", sense), bound)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def check_points(value: Any, is_feasible: Feasibility, rng: Random) -> tuple[Config, ...]:
    """Return feasible configurations, in plain form; what a point leaves out is drawn."""
    if not is_list(value):
        raise UsageError(
            f"points_to_evaluate={short(value)}: expected a list of configurations; "
            "write points_to_evaluate=[{...}]"
        )
    points = []
    for index, point in enumerate(value):
        try:
            points.append(_completed(point, is_feasible, rng))
        except UsageError as error:
            raise UsageError(f"points_to_evaluate[{index}]: {error}") from error
    return tuple(points)


def _completed(point: Any, is_feasible: Feasibility, rng: Random) -> Config:
    for _ in range(_DRAWS):
        config = is_feasible.space.complete(point, rng)
        if is_feasible(config):
            return config
    raise UsageError(f"{config!r} breaks constraint=; change it, or leave it out")


def check_number_of_points(experiment: Mapping[str, Any], space: Space) -> None:
    """Refuse points of which some would never be tried; a grid's cells come beside them."""
    points, limit = experiment["points_to_evaluate"], experiment.get("num_samples")
    is_alone = len(space.grid()) == 1 or _name_of(experiment.get("searcher")) == "grid"
    if limit is not None and len(points) > limit and is_alone:
        raise UsageError(
            f"points_to_evaluate has {len(points)} configurations and num_samples={limit} trials"
            f" are to run: write num_samples={len(points)} or more, or give fewer points"
        )


def _name_of(searcher: Any) -> Any:
    return searcher.get("name") if isinstance(searcher, Mapping) else searcher


def check_ending(experiment: Mapping[str, Any], space: Space) -> None:
    """Refuse an experiment of which it is certain that it never ends."""
    name, stop = _name_of(experiment.get("searcher", "random")), experiment.get("stop")
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
