"""A suite: which methods run on which tasks, how often and for how long, as a TOML file says it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import msgspec

from tunesmith.errors import UsageError, did_you_mean
from tunesmith_bench.families.catalog import check_family

DEFAULT = "default"
"""The suite that ships with the package."""


class Horizon(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When an experiment ends: after so much simulated time, so many trials, or the earlier.

    `full_trainings` is in units of the time that a task's median configuration trains. With
    `trials` alone, progress is counted in reports, out of those of so many full trainings. With
    `target`, a normalised regret, it ends once its incumbent is that good.
    """

    full_trainings: float | None = None
    seconds: float | None = None
    trials: int | None = None
    target: float | None = None

    def time_s(self, full_time_s: float) -> float | None:
        """Return the simulated seconds that an experiment may take; None for no limit."""
        if self.full_trainings is not None:
            return self.full_trainings * full_time_s
        return self.seconds


class Method(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A searcher with a scheduler, under a name; `workers` and `simulator` override the suite's."""

    name: str = ""
    searcher: str | dict[str, Any] = "random"
    scheduler: str | dict[str, Any] = "fifo"
    workers: int | None = None
    simulator: dict[str, Any] = {}


class TaskOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Tasks of one family: one instance, several, or "all"; some settings override the suite's.

    `name` stands in tables in place of the family.
    """

    family: str
    name: str = ""
    instance: str = ""
    instances: Sequence[str] | Literal["all"] = ()
    options: dict[str, Any] = {}
    workers: int | None = None
    horizon: Horizon | None = None


class Suite(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is compared; see the README for the file's form.

    `methods` are added to all pairs of `searchers` and `schedulers`, where "installed" stands for
    everything there is but `exclude` (names of either, or of a pair). `seeds` are a number or a
    list. `missing` says what happens where a task's data or a method's plugin are not there.
    `baseline` is the method that all others are tested against, by default the first. `simulator`
    are options of the simulated executor. A relative `data` lies beside the file.
    """

    name: str = ""
    methods: list[Method] = []
    searchers: list[str | dict[str, Any]] | Literal["installed"] = []
    schedulers: list[str | dict[str, Any]] | Literal["installed"] = []
    exclude: list[str] = []
    tasks: list[TaskOrder] = []
    seeds: int | list[int] = 10
    workers: int = 4
    horizon: Horizon = Horizon(full_trainings=12)
    data: str | None = None
    output: str | None = None
    missing: Literal["error", "skip"] = "error"
    baseline: str = ""
    simulator: dict[str, Any] = {}

    @property
    def seed_list(self) -> list[int]:
        """Return the seeds."""
        return list(range(self.seeds)) if isinstance(self.seeds, int) else self.seeds


def load_suite(path: str) -> Suite:
    """Return the suite in a TOML file, or the one that ships under this name.

    Raises:
        UsageError: there is no such file, or something in it cannot be.
    """
    shipped = files("tunesmith_bench").joinpath("suites", f"{path}.toml")
    file = Path(path)
    if not file.is_file():
        if not re.fullmatch(r"[\w-]+", path) or not shipped.is_file():
            raise UsageError(
                f"there is no suite {path!r}: expected a TOML file, or {DEFAULT!r}, the suite that "
                "needs no data"
            )
        return parse(shipped.read_text(encoding="utf-8"), name=path)
    return parse(file.read_text(encoding="utf-8"), name=file.stem, folder=file.parent)


def parse(text: str, *, name: str, folder: Path | None = None) -> Suite:
    """Return the suite that a TOML text describes; relative data lie in `folder`."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"suite {name!r} is no TOML: {error}") from error
    _check_keys(document, name)
    try:
        suite = msgspec.convert({"name": name, **document}, Suite)
    except msgspec.ValidationError as error:
        raise UsageError(f"suite {name!r}: {_lower(str(error))}") from error
    if suite.data and folder is not None:
        suite = msgspec.structs.replace(suite, data=str((folder / suite.data).resolve()))
    _check(suite)
    return suite


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _check_keys(document: Mapping[str, Any], name: str) -> None:
    """Refuse misspelt keys, with the closest that there is."""
    parts: list[tuple[str, Any, type[msgspec.Struct]]] = [("", document, Suite)]
    lists: dict[str, type[msgspec.Struct]] = {"methods": Method, "tasks": TaskOrder}
    for key, struct in lists.items():
        listed = document.get(key, [])
        if isinstance(listed, list):
            parts += [(f"{key}[{number}].", one, struct) for number, one in enumerate(listed)]
    parts += [
        (f"{place}horizon.", part["horizon"], Horizon)
        for place, part, _ in parts
        if isinstance(part, Mapping) and isinstance(part.get("horizon"), Mapping)
    ]
    for place, part, struct in parts:
        known = struct.__struct_fields__
        for key in part if isinstance(part, Mapping) else ():
            if key not in known:
                guess = did_you_mean(key, known) or f"; there are {', '.join(known)}"
                raise UsageError(f"suite {name!r}: unknown key {place + key!r}{guess}")


def _check(suite: Suite) -> None:
    """Refuse what could not run."""
    if not suite.tasks:
        raise _wrong(suite, "tasks: there are none; add e.g. [[tasks]] family = 'synthetic'")
    if not suite.methods and not (suite.searchers and suite.schedulers):
        raise _wrong(
            suite,
            "no methods: give searchers = ['random'] and schedulers = ['fifo', 'asha'], or "
            "[[methods]]",
        )
    if not suite.seed_list or len(set(suite.seed_list)) != len(suite.seed_list):
        raise _wrong(suite, f"seeds={suite.seeds!r}: expected a number from 1 on, or distinct ones")
    for place, workers in _workers(suite):
        if workers < 1:
            raise _wrong(suite, f"{place}workers={workers!r}: expected a whole number from 1 on")
    for place, horizon in _horizons(suite):
        given = {key: value for key, value in _fields(horizon).items() if value is not None}
        limits = given.keys() - {"target"}
        if not limits or min(given.values()) <= 0 or limits >= {"seconds", "full_trainings"}:
            raise _wrong(
                suite,
                f"{place}horizon={given!r}: expected a positive full_trainings, seconds or trials;"
                " one limit of time at most, and a positive target if any",
            )
    for task in suite.tasks:
        check_family(task.family)
        if task.instance and task.instances:
            raise _wrong(suite, f"task {task.family!r} has instance and instances; drop one")


def _workers(suite: Suite) -> Iterable[tuple[str, int]]:
    yield "", suite.workers
    for method in suite.methods:
        if method.workers is not None:
            yield f"method {method.name!r}: ", method.workers
    for task in suite.tasks:
        if task.workers is not None:
            yield f"task {task.family!r}: ", task.workers


def _horizons(suite: Suite) -> Iterable[tuple[str, Horizon]]:
    yield "", suite.horizon
    for task in suite.tasks:
        if task.horizon is not None:
            yield f"task {task.family!r}: ", task.horizon


def _fields(horizon: Horizon) -> dict[str, float | None]:
    return {field: getattr(horizon, field) for field in horizon.__struct_fields__}


def _wrong(suite: Suite, what: str) -> UsageError:
    return UsageError(f"suite {suite.name!r}: {what}")
