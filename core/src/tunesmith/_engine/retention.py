"""Which checkpoints may go: bookkeeping, and orders to drop them; no file is touched here."""

from __future__ import annotations

import bisect
from collections import Counter
from typing import NamedTuple

from tunesmith._engine.trials import Trial
from tunesmith.protocols import Checkpoint, commands


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

    def __init__(
        self, keep: int | None, budget: int | None, out: list[commands.AnyCommand]
    ) -> None:
        self._keep = keep
        self._budget = budget
        self._out = out
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

    def unpin(self, checkpoint: Checkpoint) -> None:
        """Let a pinned checkpoint go; drop it if only the pin has kept it."""
        self._pins[checkpoint.path] -= 1
        if not self._pins[checkpoint.path]:
            del self._pins[checkpoint.path]
            if gone := self._doomed.pop(checkpoint.path, None):
                self._drop(gone)

    def forked(self, trial: Trial) -> None:
        """Remember the best checkpoint of what the trial leaves behind by a fork."""
        best = self._best(trial)
        if trial.best is not None and best is not None:
            value = trial.best.values[0]
            if trial.peak is None or value < trial.peak[0]:
                trial.peak = (value, best)

    def saved(self, trial: Trial, checkpoint: Checkpoint) -> None:
        """Note a checkpoint, and drop those that it makes superfluous.

        One that is saved again at the same place replaces the note.
        """
        others = [old for old in trial.checkpoints if old.path != checkpoint.path]
        trial.checkpoints = (*others, checkpoint)
        self.total += checkpoint.size - self._sizes.get(checkpoint.path, 0)
        self._sizes[checkpoint.path] = checkpoint.size
        self._tidy(trial)
        self._fit_budget()

    def _tidy(self, trial: Trial) -> None:
        """Drop those of a live trial's checkpoints that nothing needs."""
        kept = trial.checkpoints
        if len(kept) < 2:
            return
        if trial.peak and trial.best and trial.best.values[0] < trial.peak[0]:
            trial.peak = None
        peak = trial.peak[1] if trial.peak else None
        needed = {one.path for one in (kept[-1], self._best(trial), peak) if one is not None}
        needed |= self._pins.keys()
        trial.checkpoints = tuple([one for one in kept if one.path in needed])
        for one in kept:
            if one.path not in needed:
                self._drop(one)
        self._rich.pop(trial.id, None)
        if self._budget is not None and len(trial.checkpoints) > 1:
            self._rich[trial.id] = trial

    def ended(self, trial: Trial) -> None:
        """Drop what goes now that the trial is over."""
        self._rich.pop(trial.id, None)
        if (self._keep is None and self._budget is None) or not trial.checkpoints:
            return
        best = trial.peak[1] if trial.peak else self._best(trial)
        ended = Ended(_score(trial), trial.id, trial, best or trial.checkpoints[-1])
        bisect.insort(self._ended, ended, key=lambda one: one[:2])
        if self._keep is not None and len(self._ended) > self._keep:
            self._clear(self._ended.pop().trial)
        self._fit_budget()

    def revived(self, trial: Trial) -> None:
        """Count an ended trial among the live ones again."""
        self._ended = [one for one in self._ended if one.trial is not trial]

    def _fit_budget(self) -> None:
        """Drop what is too much, as far as nothing needs it.

        The worst trial is first: one that has ended loses all, a live one what it does not start
        from. The best that has ended keeps its best as long as possible.
        """
        while self.excess:
            live = max(self._rich.values(), key=lambda t: (_score(t), t.id), default=None)
            if live is not None and (not self._ended or _score(live) >= self._ended[-1].score):
                self._strip(live, live.checkpoints[-1])
            elif not self._ended:
                return
            elif len(self._ended) > 1 or len(self._ended[0].trial.checkpoints) == 1:
                self._clear(self._ended.pop().trial)
            else:
                self._strip(self._ended[0].trial, self._ended[0].best)

    def _clear(self, trial: Trial) -> None:
        """Take all from an ended trial; what a restart needs goes when that has started."""
        gone, trial.checkpoints = trial.checkpoints, ()
        for checkpoint in gone:
            if checkpoint.path in self._pins:
                self._doomed[checkpoint.path] = checkpoint
            else:
                self._drop(checkpoint)

    def _strip(self, trial: Trial, last: Checkpoint) -> None:
        """Take from a trial all but one, and what a restart needs."""
        self._rich.pop(trial.id, None)
        had = trial.checkpoints
        trial.checkpoints = tuple([c for c in had if c is last or c.path in self._pins])
        for checkpoint in had:
            if checkpoint not in trial.checkpoints:
                self._drop(checkpoint)

    def _drop(self, checkpoint: Checkpoint) -> None:
        self.total -= self._sizes.pop(checkpoint.path, 0)
        self._out.append(commands.DropCheckpoint(checkpoint=checkpoint))

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
