"""An experiment as its journal keeps it, and back: what a resume starts from.

A journal holds plain data. What is none (functions, objects) leaves a mark, and has to be given
again to whoever takes the run up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from tunesmith._journal.header import Header
from tunesmith._run.configs import CheckpointConfig, FailureConfig
from tunesmith._run.experiment import Experiment
from tunesmith._run.selection import GIVEN, Kind, again, is_mark
from tunesmith.errors import UsageError, did_you_mean
from tunesmith.protocols import Resources
from tunesmith.protocols.events import ExperimentChanged
from tunesmith.space import Space

KEPT = (
    "num_samples",
    "stop",
    "time_budget_s",
    "max_concurrent",
    "resources",
    "checkpoint",
    "failure",
    "points_to_evaluate",
    "constraint",
    "callbacks",
    "verbose",
)
"""The options that the header's own fields do not hold."""

CHANGEABLE = (
    "num_samples",
    "time_budget_s",
    "max_resource",
    "failure",
    "revive",
    "space",
    "assume",
)
"""What the engine can go on with at another value; the change is an event."""

REPLACEABLE = (
    "trainable",
    "max_concurrent",
    "resources",
    "executor",
    "callbacks",
    "checkpoint",
    "verbose",
)
"""What decides nothing, so that a run may go on with another one at any time."""

LASTING = ("max_concurrent", "resources", "checkpoint")
"""Which of these a later resume takes over, as an event tells it."""


def options_of(experiment: Experiment) -> dict[str, Any]:
    """Return the options as plain data, with marks for what is none."""
    return {option: _plain(getattr(experiment, option)) for option in KEPT}


def resources_at_start(header: Header) -> Resources:
    """Return what a trial held when the run began: what was decided so far may rest on it."""
    kept = header.extra.get("options", {}).get("resources", {})
    return msgspec.convert(kept, Resources)


def as_changed(header: Header, changes: Iterable[ExperimentChanged]) -> Header:
    """Return the header with what resumes have replaced for good."""
    options = _after(header, changes, LASTING)
    return msgspec.structs.replace(header, extra={**header.extra, "options": options})


def options_now(header: Header, changes: Iterable[ExperimentChanged]) -> dict[str, Any]:
    """Return the options that a run goes on with, as plain data, unless a resume changes them."""
    return _after(header, changes, (*LASTING, "failure"))


def _after(
    header: Header, changes: Iterable[ExperimentChanged], names: Sequence[str]
) -> dict[str, Any]:
    options = dict(header.extra.get("options", {}))
    for change in changes:
        options |= {name: value for name, value in change.options.items() if name in names}
    return options


def experiment_of(header: Header, folder: Path, given: Mapping[str, Any]) -> Experiment:
    """Return the experiment that a header describes, with what it could not hold from `given`.

    Raises:
        UsageError: something is missing, or cannot be changed; the message says what to give.
    """
    kept = dict(header.extra.get("options", {}))
    _check_changes(given, kept)
    marked = [option for option, value in kept.items() if is_mark(value)]
    _check_missing({name: kept[name][GIVEN] for name in marked if name not in given}, folder)
    options = {option: value for option, value in kept.items() if option not in marked}
    _restore(options)
    options |= {key: value for key, value in given.items() if key not in CHANGEABLE}
    trainable = options.pop("trainable", header.trainable)
    if "trainable" not in given and not header.importable:
        raise UsageError(
            f"the training code {header.trainable!r} has no import path; give it again: "
            f"tune.resume({str(folder)!r}, trainable={header.trainable}), or on the command line "
            "--trainable my_module:train, or path/to/file.py:train"
        )
    space = given.get("space")
    experiment = Experiment.create(
        trainable,
        Space.from_dict(header.space) if space is None else space,
        **{**options, **_algorithms(header, folder, given)},
        metric=[objective.metric for objective in header.objectives],
        mode=[objective.mode for objective in header.objectives],
        outcome_constraints=header.outcome_constraints,
        resource=header.resource,
        seed=header.seed,
        storage=str(folder.parent),
    )
    # A folder that was moved may have a name that no new run would be given.
    return msgspec.structs.replace(experiment, name=folder.name)


def _check_changes(given: Mapping[str, Any], kept: Mapping[str, Any]) -> None:
    allowed = (*REPLACEABLE, *CHANGEABLE)
    for option in given:
        if option in (*allowed, "searcher", "scheduler") or is_mark(kept.get(option)):
            continue
        if option in Experiment.__struct_fields__:
            raise UsageError(
                f"{option}= of a run cannot be changed: what was decided so far rests on it; "
                f"start a new run. What can be: {', '.join(allowed)}"
            )
        hint = did_you_mean(option, allowed) or f"; it has {', '.join(allowed)}"
        raise UsageError(f"tune.resume() has no option {option!r}{hint}")


def _check_missing(missing: Mapping[str, str], folder: Path) -> None:
    """Refuse to go on without what decides; callbacks only listen."""
    needed = {name: told for name, told in missing.items() if name != "callbacks"}
    if needed:
        it = "it" if len(needed) == 1 else "them"
        told = ", ".join(f"{name}={one}" for name, one in needed.items())
        call = "".join(f", {name}=..." for name in needed)
        raise UsageError(
            f"this run has {told}, which a journal cannot hold; give {it} again:"
            f" tune.resume({str(folder)!r}{call})"
        )


def _algorithms(header: Header, folder: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the run's algorithms; another executor may be given, as it decides nothing."""
    kinds: tuple[Kind, ...] = ("searcher", "scheduler", "executor")
    return {
        kind: given[kind]
        if kind == "executor" and given.get(kind) is not None
        else again(kind, getattr(header, kind), given=given.get(kind), folder=folder)
        for kind in kinds
    }


def _restore(options: dict[str, Any]) -> None:
    """Make the structs of their plain form."""
    for option, kind in (
        ("resources", Resources),
        ("checkpoint", CheckpointConfig),
        ("failure", FailureConfig),
    ):
        if option in options:
            options[option] = msgspec.convert(options[option], kind)
    for option in ("stop", "time_budget_s", "max_concurrent", "num_samples"):
        if options.get(option, 0) is None:
            del options[option]


def _plain(value: Any) -> Any:
    try:
        return msgspec.to_builtins(value)
    except TypeError:
        return {GIVEN: repr(value)}
