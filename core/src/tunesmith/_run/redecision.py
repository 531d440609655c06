"""Decides a recorded run once more, to see whether the same would come of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from tunesmith._engine.engine import InvalidTransition
from tunesmith._journal.codec import Decided, UnknownEvent, decode_decisions, encode_decisions
from tunesmith._journal.reader import Reader
from tunesmith._run.assembly import engine_of
from tunesmith._run.record import experiment_of
from tunesmith.errors import UsageError
from tunesmith.plugins import Registry
from tunesmith.protocols.events import AnyEvent


class Redecision(msgspec.Struct, frozen=True):
    """One event of a journal: what was decided on it then, and what would be now."""

    seq: int
    event: AnyEvent
    then: tuple[Decided, ...]
    now: tuple[Decided, ...]

    @property
    def agrees(self) -> bool:
        """Tell whether it is the same."""
        return self.then == self.now


def redecide(reader: Reader, registry: Registry, **given: Any) -> Iterator[Redecision]:
    """Yield every event with the decisions of a fresh engine and scheduler, in order.

    Nothing runs: neither training code nor searcher is asked, the journal has their answers.
    `given` is what a journal cannot hold, such as a `stop` function.

    Raises:
        UsageError: something has to be given, or a later version wrote an event.
    """
    settings = {"trainable": _nothing, "executor": "inline", **given}
    experiment = experiment_of(reader.header, reader.folder, settings)
    engine = engine_of(experiment, reader.header, registry)
    for row in reader.rows():
        if isinstance(row.event, UnknownEvent):
            raise UsageError(
                f"event {row.seq} of {str(reader.folder)!r}, {row.event.kind!r}, was written by a"
                " later version of tunesmith: pip install -U tunesmith"
            )
        try:
            decided = encode_decisions(row.event, engine.handle(row.event))
        except InvalidTransition:  # after so many differences this cannot have happened
            yield Redecision(row.seq, row.event, row.decisions, ())
            return
        yield Redecision(row.seq, row.event, row.decisions, decode_decisions(decided))


def _nothing(config: Any) -> None:
    """Stand for training code that is not called."""
