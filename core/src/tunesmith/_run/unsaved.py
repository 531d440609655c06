"""Training code that saves nothing, under a scheduler that has trials go on from checkpoints."""

from __future__ import annotations

from collections.abc import Callable

from tunesmith.protocols import Checkpoint, TrialView


class Unsaved:
    """A callback that warns once a trial has ended well and none has saved itself until then.

    Without checkpoints such a scheduler clones and moves nothing: all trials just run to their end.
    """

    def __init__(self, scheduler: str, warn: Callable[[str], None]) -> None:
        self._scheduler = scheduler
        self._warn = warn
        self._is_settled = False

    def on_checkpoint(self, trial: TrialView, checkpoint: Checkpoint) -> None:  # noqa: ARG002
        """Be at ease: it can save itself."""
        self._is_settled = True

    def on_trial_end(self, trial: TrialView) -> None:
        """Look whether the trial could have gone on."""
        if self._is_settled or trial.status == "failed":
            return
        self._is_settled = True
        self._warn(
            f"scheduler {self._scheduler!r} has trials go on from checkpoints, and trial {trial.id}"
            " ended without having saved any, as all before it: hand them over with the reports, as"
            " in tune.report(metrics, checkpoint={'epoch': epoch}) or yield tune.Report(...), and"
            " go on from tune.get_checkpoint()"
        )
