"""Grid search: every combination once, in the order in which the space is written."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from tunesmith.errors import OptionError, did_you_mean
from tunesmith.protocols import Config, Observation, Problem, SearchExhausted
from tunesmith.space.parameter import (
    CategoricalParameter,
    FloatParameter,
    GridParameter,
    IntParameter,
    NormalParameter,
    OrdinalParameter,
    Parameter,
    Primitive,
    multiples,
)
from tunesmith.space.unit import from_unit

MOST = 10**6
"""More values of one parameter than anybody tries."""


class GridSearcher:
    """Try every combination of values once; the parameter written last changes fastest.

    `points` says how many values to take of a parameter: a number for each one that is
    continuous, or a mapping from paths to numbers. They are evenly spaced over the parameter's
    scale, both ends included; of a normal distribution they are quantiles.
    """

    def __init__(self, problem: Problem, *, points: int | Mapping[str, int] | None = None) -> None:
        parameters = problem.space.parameters
        _check_points(points, [parameter.path for parameter in parameters])
        self._axes = [(parameter, _values(parameter, points)) for parameter in parameters]
        self._walk = _combinations(self._axes)
        self._taken = 0

    def suggest(self, trial_id: str) -> Config:  # noqa: ARG002 (the order decides, not the trial)
        """Return the next combination."""
        try:
            config = next(self._walk)
        except StopIteration:
            raise SearchExhausted(f"all {self._taken} combinations of the grid are tried") from None
        self._taken += 1
        return config

    def observe(self, observation: Observation) -> None:
        """Learn nothing."""

    def state(self) -> bytes:
        """Return how many combinations have been taken."""
        return str(self._taken).encode()

    def restore(self, state: bytes) -> None:
        """Continue after as many combinations."""
        self._taken = int(state)
        self._walk = islice(_combinations(self._axes), self._taken, None)


def _combinations(
    axes: Sequence[tuple[Parameter, Sequence[Primitive]]], chosen: Config | None = None
) -> Iterator[Config]:
    """Yield flat configurations; a parameter whose conditions do not hold is left out."""
    config = chosen or {}
    if not axes:
        yield dict(config)
        return
    (parameter, values), *rest = axes
    if not all(
        condition.path in config and config[condition.path] in condition.options
        for condition in parameter.when
    ):
        yield from _combinations(rest, config)
        return
    for value in values:
        yield from _combinations(rest, {**config, parameter.path: value})


def _values(parameter: Parameter, points: int | Mapping[str, int] | None) -> Sequence[Primitive]:
    match parameter:
        case GridParameter() | CategoricalParameter() | OrdinalParameter():
            return parameter.options
        case IntParameter() | FloatParameter(step=float()):
            wanted = points.get(parameter.path) if isinstance(points, Mapping) else None
            if wanted is not None:
                return _spaced(parameter, wanted)
            lattice = multiples(parameter)
            return [lattice.value(k) for k in range(lattice.first, lattice.last + 1)]
        case FloatParameter() | NormalParameter():
            wanted = points.get(parameter.path) if isinstance(points, Mapping) else points
            if wanted is None:
                raise OptionError(
                    f"searcher 'grid': parameter {parameter.path!r} is continuous, and a grid needs"
                    " a finite number of values; write"
                    f" {{'name': 'grid', 'points': {{{parameter.path!r}: 5}}}}, or give it a step"
                )
            return _spaced(parameter, wanted)
        case _:
            raise OptionError(f"searcher 'grid': parameter {parameter.path!r} is not searched")


def _spaced(parameter: Parameter, count: int) -> list[Primitive]:
    """Return `count` values, or fewer where the parameter has not so many."""
    if isinstance(parameter, NormalParameter):
        positions = [(k + 0.5) / count for k in range(count)]
    else:
        positions = [k / (count - 1) if count > 1 else 0.5 for k in range(count)]
    return list(dict.fromkeys(from_unit(parameter, position) for position in positions))


def _check_points(points: object, paths: Sequence[str]) -> None:
    counts = points if isinstance(points, Mapping) else {} if points is None else {"": points}
    for path, count in counts.items():
        if path and path not in paths:
            raise OptionError(
                f"searcher 'grid': points names {path!r}, which is no parameter"
                f"{did_you_mean(str(path), paths) or ';'} parameters: {', '.join(paths)}"
            )
        if type(count) is not int or not 1 <= count <= MOST:
            what = f"points[{path!r}]" if path else "points"
            wanted = f"a whole number from 1 to {MOST}"
            raise OptionError(f"searcher 'grid': {what}={count!r}; expected {wanted}")
