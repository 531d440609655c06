"""What a resumed run is to reach: its own goal, or another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tunesmith._engine.engine import Engine
from tunesmith._journal.header import Header
from tunesmith._journal.log import Journal
from tunesmith._run.checks.values import is_number, short
from tunesmith._run.configs import FailureConfig
from tunesmith._run.experiment import Experiment
from tunesmith._run.extent import Extent, extent_of
from tunesmith._run.record import LASTING, as_changed, options_of
from tunesmith._run.revival import Revival
from tunesmith._run.succession import ASSUMED, SPACE, Succession, succession_of
from tunesmith.errors import UsageError
from tunesmith.protocols.events import ExperimentChanged, Revived

LIMITS = ("num_samples", "time_budget_s")


class Goal(msgspec.Struct, frozen=True):
    """The experiment as it goes on, and what changes by that.

    `changes` are the engine's, `options` the experiment's own that a later resume must know, and
    `revive` says which trials go on that were over. `succession` is that of its spaces.
    """

    experiment: Experiment
    succession: Succession
    changes: dict[str, Any] = {}
    options: dict[str, Any] = {}
    revive: Any = None

    @property
    def moves(self) -> bool:
        """Whether the run goes on in another space."""
        return SPACE in self.options

    def events(self, engine: Engine, revival: Revival, at: float) -> list[Any]:
        """Return the changes as events for an engine that stands where the run ended.

        Raises:
            UsageError: the engine has an objection.
        """
        wishes: list[ExperimentChanged | Revived] = []
        if self.changes or self.options:
            wishes.append(ExperimentChanged(at=at, changes=self.changes, options=self.options))
        if self.revive is not None:
            wishes += [revival.event(trial) for trial in revival.chosen(self.revive)]
        for wish in wishes:
            if objection := engine.objection(wish):
                raise UsageError(objection)
        return wishes


class Past(msgspec.Struct, frozen=True):
    """What a run was to reach until now, and by which changes."""

    header: Header
    changes: Sequence[ExperimentChanged]
    succession: Succession


def past_of(journal: Journal) -> Past:
    """Return a run's past, with the options that hold for good in its header."""
    changes = journal.changes()
    return Past(
        as_changed(journal.header, changes), changes, succession_of(journal.header, changes)
    )


def later(experiment: Experiment, past: Past, given: Mapping[str, Any]) -> Goal:
    """Return the goal of a run that goes on, with earlier changes and those that are `given`.

    Raises:
        UsageError: a change makes no sense.
    """
    extent, succession = extent_of(past.header), past.succession
    wanted = {option: given[option] for option in (*LIMITS, "failure") if option in given}
    goal = experiment.replace(**{**_earlier(past.changes, extent), **wanted})
    changes: dict[str, Any] = {name: getattr(goal, name) for name in LIMITS if name in wanted}
    options: dict[str, Any] = {}
    if changes.get("num_samples") is not None:
        changes["num_samples"] = extent.trials(changes["num_samples"])
    if "failure" in wanted:
        changes |= goal.failure.limits
        options["failure"] = msgspec.to_builtins(goal.failure)
    kept = options_of(experiment)
    before = past.header.extra.get("options", {})
    replaced = (name for name in LASTING if name in given)
    options |= {n: kept[n] for n in replaced if _plain(kept[n]) != _plain(before.get(n))}
    if (length := given.get("max_resource")) is not None:
        if not is_number(length) or not length > 0:
            raise UsageError(f"max_resource={length!r}: expected a number above 0")
        changes["max_resource"] = float(length)
    if succession.is_left_for(given.get(SPACE)):
        assumed = _assumed(given.get(ASSUMED, {}))
        succession = succession.followed_by(experiment.space, assumed)
        options |= {SPACE: experiment.space.to_dict(), ASSUMED: assumed}
    elif ASSUMED in given:
        raise UsageError(f"assume={given[ASSUMED]!r} goes with a new space=, and there is none")
    succession = succession.seen_by(experiment.space)
    return Goal(goal, succession, changes, options, given.get("revive"))


def _assumed(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise UsageError(
            f"assume={short(value)}: expected what earlier trials had, as in {{'dropout': 0.0}}"
        )
    return dict(value)


def _plain(value: Any) -> bytes:
    """Return a value as a journal would hold it."""
    return msgspec.json.encode(value)


def _earlier(changes: Sequence[ExperimentChanged], extent: Extent) -> dict[str, Any]:
    """Return what earlier resumes changed, as options of the experiment."""
    changed: dict[str, Any] = {}
    for event in changes:
        changed |= {name: event.changes[name] for name in LIMITS if name in event.changes}
        if "failure" in event.options:
            changed["failure"] = msgspec.convert(event.options["failure"], FailureConfig)
    if changed.get("num_samples") is not None:
        changed["num_samples"] = extent.samples(changed["num_samples"])
    return changed
