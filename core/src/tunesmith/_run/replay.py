"""Brings an engine and a searcher to where a journal ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from tunesmith._engine.engine import Engine
from tunesmith._run.counsel import Counsel
from tunesmith._run.revival import Revival
from tunesmith._run.succession import SPACE
from tunesmith.protocols import ErrorInfo, TrialView, commands
from tunesmith.protocols.commands import AdvisorCommand
from tunesmith.protocols.events import (
    AnyEvent,
    ExperimentChanged,
    Reported,
    Revived,
    SearchEnded,
    Suggested,
    SuggestionDeferred,
    TrialEnded,
    TrialLost,
)
from tunesmith.protocols.trial import OVER

_LAST = (TrialEnded, TrialLost)

Recall = Callable[[TrialView, ErrorInfo | None], None]


def replay(
    events: Iterable[AnyEvent],
    engine: Engine,
    counsel: Counsel,
    *,
    revival: Revival,
    recall: Recall,
    space_changes: int = 0,
) -> list[AnyEvent]:
    """Hand the events to the engine, and its questions to the searcher; nothing else is done.

    Both end as they were when the last event was written, but for the answers that never reached
    the journal, the searcher's and those to a revival: these are returned, to be the first new
    events. `recall` is told of every trial that ended. What the counsel remembers from a snapshot
    it is neither asked nor told again, and nothing of what was before the last of so many
    `space_changes`, with which its searcher begins.
    """
    remembered = counsel.position
    unheard: dict[str, AnyEvent] = {}
    unrevived: dict[str, commands.Revive] = {}
    for event in events:
        match event:
            case Reported():  # most are
                pass
            case Suggested() | SuggestionDeferred():
                unheard.pop(event.trial, None)
            case SearchEnded():
                unheard.pop("", None)
            case Revived():
                unrevived.pop(event.trial, None)
            case ExperimentChanged() if SPACE in event.options:
                space_changes -= 1
        for command in engine.handle(event):
            if isinstance(command, AdvisorCommand):
                if space_changes:
                    continue
                if remembered:
                    remembered -= 1
                else:
                    unheard.update(_heard(command, counsel))
            elif isinstance(command, commands.Revive):
                unrevived[command.trial] = command
        if isinstance(event, _LAST):
            _remember(event, engine, recall)
    revived = [revival.event(one.trial, paused=one.paused) for one in unrevived.values()]
    return [*revived, *unheard.values()]


def _heard(command: AdvisorCommand, counsel: Counsel) -> Iterator[tuple[str, AnyEvent]]:
    """Yield the searcher's answers by trial; the end of a search stands under no trial."""
    for answer in counsel.carry_out(command):
        yield getattr(answer, "trial", ""), answer


def _remember(event: TrialEnded | TrialLost, engine: Engine, recall: Recall) -> None:
    view = engine.trial(event.trial)
    if view.status in OVER:
        recall(view, event.error if isinstance(event, TrialEnded) else None)
