"""Those who watch a run, callbacks and display: told of events once these are durable."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from tunesmith._engine.engine import Engine
from tunesmith._engine.scoring import Scoring
from tunesmith._run.display import Display
from tunesmith._run.expectation import Expectation
from tunesmith._run.watchers import Watchers
from tunesmith.protocols.events import (
    AnyEvent,
    CheckpointSaved,
    ControlRequested,
    ExperimentChanged,
    Reported,
    TrialEnded,
    TrialLost,
    TrialPaused,
    TrialStarted,
)
from tunesmith.protocols.trial import OVER

Note = Callable[[], None]


class Audience:
    """Notes what happened while a turn is handled, and tells it when the turn is durable."""

    def __init__(
        self,
        watchers: Watchers,
        display: Display | None,
        scoring: Scoring,
        *,
        expectation: Expectation | None = None,
    ) -> None:
        self._expectation = expectation
        self._watchers = watchers
        self._display = display
        self._scoring = scoring
        self._has_warned = False
        self._notes: list[tuple[Callable[..., None], tuple[Any, ...]]] = []
        self._hears = {
            hook: self._listeners(hook)
            for hook in ("on_trial_start", "on_result", "on_checkpoint", "on_trial_pause")
        }
        self._is_empty = not (
            any(self._hears.values()) or display is not None or watchers.wants("on_trial_end")
        )

    def _listeners(self, hook: str) -> list[Callable[..., None]]:
        found: list[Callable[..., None]] = []
        if hook != "on_trial_pause" and self._watchers.wants(hook):
            found.append(getattr(self._watchers, hook))
        if self._display is not None:
            found.append(getattr(self._display, hook))
        return found

    def note(self, event: AnyEvent, engine: Engine) -> None:
        """Take down what the event means to those who watch."""
        if type(event) is TrialStarted and event.note:
            warn = self._display.warn if self._display else logging.getLogger("tunesmith").warning
            self._notes.append((warn, (f"trial {event.trial}: {event.note}",)))
        if self._is_empty and self._expectation is None:
            return
        match event:
            case Reported(trial=trial, reports=reports):
                if self._expectation is not None:
                    self._notes.append((self._expectation.check, (trial, reports[0].metrics)))
                    self._expectation = None
                for report in reports if self._hears["on_result"] else ():
                    result = self._scoring.result(report.resource, report.metrics)
                    self._note("on_result", engine.trial(trial), result)
            case TrialStarted(trial=trial):
                self._note("on_trial_start", engine.trial(trial))
            case CheckpointSaved(trial=trial, checkpoint=checkpoint):
                self._note("on_checkpoint", engine.trial(trial), checkpoint)
            case TrialPaused(trial=trial):
                self._note("on_trial_pause", engine.trial(trial))
            case TrialEnded() | TrialLost():
                self._note_end(event, engine)
            case ExperimentChanged() | ControlRequested() if self._display is not None:
                self._notes.append((self._display.aim, engine.goal))

    def _note(self, hook: str, *told: Any) -> None:
        self._notes.extend((listener, told) for listener in self._hears[hook])

    def _note_end(self, event: TrialEnded | TrialLost, engine: Engine) -> None:
        view = engine.trial(event.trial)
        if view.status not in OVER:
            return
        if self._watchers.wants("on_trial_end"):
            self._notes.append((self._watchers.on_trial_end, (view,)))
        if self._display is not None:
            error = event.error if isinstance(event, TrialEnded) else None
            self._notes.append((self._display.on_trial_end, (view, error)))

    def tell(self) -> None:
        """Pass on all that was noted."""
        if not self._notes:
            return
        notes, self._notes = self._notes, []
        for listener, told in notes:
            listener(*told)

    def tick(self, engine: Engine) -> None:
        """Let time pass for the display."""
        if self._display is not None:
            self._display.tick(engine.counts())  # type: ignore[arg-type]
            if engine.checkpoint_excess and not self._has_warned:
                self._has_warned = True
                self._display.warn(
                    "checkpoints that trials may still go on from take"
                    f" {engine.checkpoint_excess / 1e6:,.1f} MB more than their budget; give"
                    " CheckpointConfig(budget=...) more, or let fewer trials wait"
                )
