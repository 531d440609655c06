"""A run whose space is changed on its way, and what that makes of its earlier trials."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from tunesmith._journal.header import Header
from tunesmith._journal.log import Journal
from tunesmith.errors import UsageError
from tunesmith.protocols import Config
from tunesmith.protocols.events import ControlRequested, ExperimentChanged, Suggested
from tunesmith.space import GridParameter, Space, SpaceError, parse_space

SPACE, ASSUMED = "space", "assume"

POINTS, PERSON = "points_to_evaluate", "a person"
"""Who proposes configurations that go before the searcher's."""


class Succession(msgspec.Struct, frozen=True):
    """The spaces that a run had and has, the first one first.

    `assumed` is, by path, what trials of earlier spaces are taken to have had as parameters that
    were added later.
    """

    spaces: tuple[Space, ...]
    assumed: Mapping[str, Any] = {}

    @property
    def now(self) -> Space:
        """The present space."""
        return self.spaces[-1]

    def fit(self, config: Config) -> Config | None:
        """Return the configuration as one of the present space; None if it lies outside."""
        for space in reversed(self.spaces):
            try:
                flat = space.flatten(config)
                return self.now.build({**self._added(space), **flat})
            except SpaceError:
                continue
        return None

    def holds(self, config: Config) -> bool:
        """Tell whether it is a configuration of the present space as it stands."""
        try:
            self.now.check(config)
        except SpaceError:
            return False
        return True

    def is_left_for(self, space: Any) -> bool:
        """Tell whether that is another space than the present one; None stands for none."""
        return space is not None and parse_space(space).to_dict() != self.now.to_dict()

    def seen_by(self, space: Space) -> Succession:
        """Return the same with the present space as it was given, live objects and all."""
        return msgspec.structs.replace(self, spaces=(*self.spaces[:-1], space))

    def followed_by(self, space: Any, assumed: Mapping[str, Any]) -> Succession:
        """Return what it is with another space.

        Raises:
            UsageError: one of the spaces has a grid, or `assumed` makes no sense.
        """
        new = parse_space(space)
        for one in (self.now, new):
            grid = next((p.path for p in one.parameters if isinstance(p, GridParameter)), None)
            if grid is not None:
                raise UsageError(
                    f"space=: {grid!r} is a grid, which is a plan of all trials; the space of a"
                    " run with a grid cannot be changed: start a new run, with warm_start="
                )
        for path, value in assumed.items():
            _check_assumed(path, value, new, self.now)
        return Succession((*self.spaces, new), {**self.assumed, **assumed})

    def _added(self, before: Space) -> dict[str, Any]:
        known = {parameter.path for parameter in before.parameters}
        there = {parameter.path for parameter in self.now.tunable}
        return {path: v for path, v in self.assumed.items() if path in there - known}


def _check_assumed(path: str, value: Any, new: Space, before: Space) -> None:
    if any(parameter.path == path for parameter in before.parameters):
        raise UsageError(f"assume={{{path!r}: ...}}: the earlier trials have a {path!r} already")
    try:
        new.parameter(path)
        Space((new.parameter(path),)).validate({path: value})
    except SpaceError as error:
        raise UsageError(f"assume={{{path!r}: {value!r}}}: {error}") from error


def succession_of(header: Header, changes: Iterable[ExperimentChanged]) -> Succession:
    """Return the spaces of a run that began as its header says, and changed so."""
    spaces = [Space.from_dict(header.space)]
    assumed: dict[str, Any] = {}
    for change in changes:
        if SPACE in change.options:
            spaces.append(Space.from_dict(change.options[SPACE]))
            assumed |= change.options.get(ASSUMED, {})
    return Succession(tuple(spaces), assumed)


def present(header: Header, succession: Succession, space: Any = None) -> Header:
    """Return the header as it would be had the run begun with the space it has, or goes on in.

    The first points to evaluate are left out: they belong to the first space.
    """
    if len(succession.spaces) == 1 and not succession.is_left_for(space):
        return header
    options = {**header.extra.get("options", {}), POINTS: ()}
    return msgspec.structs.replace(
        header, space=succession.now.to_dict(), extra={**header.extra, "options": options}
    )


def left_over(journal: Journal) -> Iterator[Config]:
    """Yield the configurations that a person wants to be run and that no trial has been given."""
    waiting = {
        POINTS: list(journal.header.extra.get("options", {}).get(POINTS, ())),
        PERSON: [],
    }
    for _, event in journal.events():
        if isinstance(event, ExperimentChanged) and SPACE in event.options:
            waiting = {source: [] for source in waiting}
        elif isinstance(event, ControlRequested) and event.config is not None:
            waiting[PERSON].append(event.config)
        elif isinstance(event, Suggested) and waiting.get(event.source):
            waiting[event.source].pop(0)
    for configs in waiting.values():
        yield from configs
