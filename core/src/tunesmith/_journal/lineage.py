"""How a trial came to where it stands: the configurations it, and those it was cloned from, ran."""

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from tunesmith._journal.codec import Decided, decode_decisions, decode_event
from tunesmith._journal.reader import Reader
from tunesmith.protocols.checkpoint import Checkpoint
from tunesmith.protocols.events import CheckpointSaved
from tunesmith.protocols.trial import Config

_LAUNCHES = """
SELECT seq, decisions FROM events
WHERE seq > ? AND instr(decisions, '"Launch"') AND instr(decisions, '"checkpoint"') ORDER BY seq"""
_SAVED = """
SELECT at, kind, trial, body FROM events
WHERE trial = ? AND kind = 'CheckpointSaved' ORDER BY seq"""


class Stage(msgspec.Struct, frozen=True):
    """A stretch of training: `config` ran from `resource` on.

    It went on from a checkpoint of trial `source`, which is None at the very beginning.
    """

    resource: float
    config: Config
    source: str | None = None


class Saved(NamedTuple):
    """A checkpoint, and which attempt at its trial saved it."""

    attempt: int
    checkpoint: Checkpoint


class Ancestry:
    """Follows launches back through the checkpoints that they began with.

    `suggested` returns the configuration that a trial was suggested with.
    """

    def __init__(self, reader: Reader, suggested: Callable[[str], Config]) -> None:
        self._reader = reader
        self._suggested = suggested
        self._launches: dict[tuple[str, int], Decided] = {}
        self._seq = 0

    def saved(self, trial: str) -> list[Saved]:
        """Return what a trial saved, oldest first; it may be gone by now."""
        events = (decode_event(*row) for row in self._reader.select(_SAVED, (trial,)))
        return [Saved(e.attempt, e.checkpoint) for e in events if isinstance(e, CheckpointSaved)]

    def stages(self, trial: str, attempt: int) -> tuple[Stage, ...]:
        """Return the stages that led to an attempt, the oldest first, its own last."""
        self._refresh()
        authors: dict[str, dict[str, int]] = {}
        steps: list[tuple[str, Stage]] = []
        while (launch := self._launches.get((trial, attempt))) is not None:
            origin = launch.checkpoint
            assert origin is not None  # noqa: S101  (only such launches are kept)
            config = self._suggested(trial) if launch.config is None else launch.config
            steps.append((trial, Stage(origin.resource, config, origin.trial)))
            trial = origin.trial
            if trial not in authors:
                authors[trial] = {one.checkpoint.path: one.attempt for one in self.saved(trial)}
            attempt = authors[trial].get(origin.path, 1)
        stages = [Stage(0.0, self._suggested(trial))]
        for owner, stage in reversed(steps):
            # A trial that goes on as it was, after a pause or a crash, begins nothing new.
            if stage.source != owner or stage.config != stages[-1].config:
                stages.append(stage)
        return tuple(stages)

    def _refresh(self) -> None:
        for seq, decisions in self._reader.select(_LAUNCHES, (self._seq,)):
            self._seq = seq
            for decided in decode_decisions(decisions):
                if decided.action == "Launch" and decided.checkpoint is not None:
                    self._launches[decided.trial, decided.attempt] = decided
