"""Which checkpoints may go: bookkeeping only, no file is touched here."""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from tunesmith._engine.trials import Trial
from tunesmith.protocols import Checkpoint


class Ended(NamedTuple):
    """An ended trial with checkpoints, `best` among them."""

    score: float
    id: str
    trial: Trial
    best: Checkpoint


class Retention:
    """Keeps a trial's newest and best checkpoint, and those that a restart still needs.

    After a fork there may be two best ones: of what was before, and since.

    Of ended trials, the `keep` best keep theirs (None: all do). What is more than `budget` bytes
    goes too (None: nothing does), the worst first, as far as no trial may still start from it.
    """

    def __init__(self, keep: int | None, budget: int | None = None) -> None:
        self._keep = keep
        self._budget = budget
        self._pins: Counter[str] = Counter()
        self._doomed: dict[str, Checkpoint] = {}
        self._ended: list[Ended] = []
        self._sizes: dict[str, int] = {}
        # Live trials with more than their newest.
        self._rich: dict[str, Trial] = {}
        self.total = 0

    @property
    def excess(self) -> int:
        """How many bytes above the budget are there that trials may still need."""
        return 0 if self._budget is None else max(0, self.total - self._budget)

    def pin(self, checkpoint: Checkpoint) -> None:
        """Hold a checkpoint for a trial that will start from it."""
        self._pins[checkpoint.path] += 1

    def unpin(self, checkpoint: Checkpoint) -> tuple[Checkpoint, ...]:
        """Let a pinned checkpoint go; return it if only the pin has kept it."""
        self._pins[checkpoint.path] -= 1
        if self._pins[checkpoint.path]:
            return ()
        del self._pins[checkpoint.path]
        gone = self._doomed.pop(checkpoint.path, None)
        return () if gone is None else (self._gone(gone),)

    def forked(self, trial: Trial) -> None:
        """Remember the best checkpoint of what the trial leaves behind by a fork."""
        best = self._best(trial)
        if trial.best is not None and best is not None:
            value = trial.best.values[0]
            if trial.peak is None or value < trial.peak[0]:
                trial.peak = (value, best)

    def saved(self, trial: Trial, checkpoint: Checkpoint) -> None:
        """Note a checkpoint; one saved again at the same place replaces the note."""
        trial.checkpoints = [old for old in trial.checkpoints if old.path != checkpoint.path]
        trial.checkpoints.append(checkpoint)
        self.total += checkpoint.size - self._sizes.get(checkpoint.path, 0)
        self._sizes[checkpoint.path] = checkpoint.size

    def superfluous(self, trial: Trial) -> Iterator[Checkpoint]:
        """Forget, and yield, those of a trial's checkpoints that nothing needs."""
        kept = trial.checkpoints
        if len(kept) < 2:
            return
        if trial.peak and trial.best and trial.best.values[0] < trial.peak[0]:
            trial.peak = None
        peak = trial.peak[1] if trial.peak else None
        needed = {one.path for one in (kept[-1], self._best(trial), peak) if one is not None}
        trial.checkpoints = []
        for checkpoint in kept:
            if checkpoint.path in needed or checkpoint.path in self._pins:
                trial.checkpoints.append(checkpoint)
            else:
                yield self._gone(checkpoint)
        self._rich.pop(trial.id, None)
        if self._budget is not None and len(trial.checkpoints) > 1:
            self._rich[trial.id] = trial

    def ended(self, trial: Trial) -> Iterator[Checkpoint]:
        """Forget, and yield, what goes now that the trial is over."""
        self._rich.pop(trial.id, None)
        if (self._keep is None and self._budget is None) or not trial.checkpoints:
            return
        best = trial.peak[1] if trial.peak else self._best(trial)
        ended = Ended(_score(trial), trial.id, trial, best or trial.checkpoints[-1])
        bisect.insort(self._ended, ended, key=lambda one: one[:2])
        if self._keep is not None and len(self._ended) > self._keep:
            yield from self._cleared(self._ended.pop().trial)

    def over_budget(self) -> Iterator[Checkpoint]:
        """Forget, and yield, what goes so that the rest fits the budget, if it can be made to.

        The worst trial is first: one that has ended loses all, a live one what it does not start
        from. The best that has ended keeps its best as long as possible.
        """
        while self.excess:
            live = max(self._rich.values(), key=lambda t: (_score(t), t.id), default=None)
            if live is not None and (not self._ended or _score(live) >= self._ended[-1].score):
                yield from self._stripped(live, live.checkpoints[-1])
            elif not self._ended:
                return
            elif len(self._ended) > 1 or len(self._ended[0].trial.checkpoints) == 1:
                yield from self._cleared(self._ended.pop().trial)
            else:
                yield from self._stripped(self._ended[0].trial, self._ended[0].best)

    def _cleared(self, trial: Trial) -> Iterator[Checkpoint]:
        """Take all from an ended trial; what a restart needs goes when that has started."""
        gone, trial.checkpoints = trial.checkpoints, []
        self._doomed |= {c.path: c for c in gone if c.path in self._pins}
        yield from (self._gone(c) for c in gone if c.path not in self._pins)

    def _stripped(self, trial: Trial, last: Checkpoint) -> Iterator[Checkpoint]:
        """Take from a trial all but one, and what a restart needs."""
        self._rich.pop(trial.id, None)
        kept = [c for c in trial.checkpoints if c is last or c.path in self._pins]
        gone = [c for c in trial.checkpoints if c not in kept]
        trial.checkpoints = kept
        yield from map(self._gone, gone)

    def _gone(self, checkpoint: Checkpoint) -> Checkpoint:
        self.total -= self._sizes.pop(checkpoint.path, 0)
        return checkpoint

    @staticmethod
    def _best(trial: Trial) -> Checkpoint | None:
        """Return the checkpoint of the best report, else the newest before it."""
        if trial.best is None:
            return None
        reached = trial.best.resource
        later = [c for c in trial.checkpoints if c.resource >= reached]
        earlier = [c for c in trial.checkpoints if c.resource < reached]
        exact = [c for c in later if c.resource == reached]
        if exact:
            return exact[-1]
        return earlier[-1] if earlier else None


def _score(trial: Trial) -> float:
    """Return the best that a trial has reached, infinity for nothing."""
    score = trial.best.values[0] if trial.best else float("inf")
    return min(score, trial.peak[0]) if trial.peak else score
