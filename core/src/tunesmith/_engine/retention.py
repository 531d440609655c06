"""Which checkpoints may go: bookkeeping only, no file is touched here."""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Iterator

from tunesmith._engine.trials import Trial
from tunesmith.protocols import Checkpoint


class Retention:
    """Keeps a trial's newest and best checkpoint, and those that a restart still needs.

    After a fork there may be two best ones: of what was before, and since.

    Of ended trials, the `keep` best keep theirs (None: all do).
    """

    def __init__(self, keep: int | None) -> None:
        self._keep = keep
        self._pins: Counter[str] = Counter()
        self._doomed: dict[str, Checkpoint] = {}
        self._ended: list[tuple[float, str, Trial]] = []

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
        return () if gone is None else (gone,)

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
                yield checkpoint

    def ended(self, trial: Trial) -> Iterator[Checkpoint]:
        """Forget, and yield, what goes now that the trial is over."""
        if self._keep is None or not trial.checkpoints:
            return
        score = trial.best.values[0] if trial.best else float("inf")
        score = min(score, trial.peak[0]) if trial.peak else score
        bisect.insort(self._ended, (score, trial.id, trial))
        if len(self._ended) > self._keep:
            worst = self._ended.pop()[2]
            self._doomed |= {c.path: c for c in worst.checkpoints if c.path in self._pins}
            yield from (c for c in worst.checkpoints if c.path not in self._pins)
            worst.checkpoints = []

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
