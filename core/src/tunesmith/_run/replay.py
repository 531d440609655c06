"""Brings an engine and a searcher to where a journal ends."""

from __future__ import annotations

from collections.abc import Callable

from tunesmith._engine.engine import Engine, InvalidTransition
from tunesmith._journal.log import Journal
from tunesmith._run.consistency import Consistency
from tunesmith._run.questions import Questions
from tunesmith._run.revival import Revival
from tunesmith._run.succession import SPACE
from tunesmith.errors import PluginError
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
    journal: Journal,
    engine: Engine,
    questions: Questions,
    *,
    revival: Revival,
    recall: Recall,
    warn: Callable[[str], None],
) -> list[AnyEvent]:
    """Hand the events to the engine, and its questions to the searcher; nothing else is done.

    Both end as they were when the last event was written, but for the answers that never reached
    the journal, the searcher's and those to a revival: these are returned, to be the first new
    events. `recall` is told of every trial that ended.

    Raises:
        PluginError: the scheduler fails where it failed before, or decides otherwise, so that the
            events make no sense.
        UsageError: the stop criterion fails.
    """
    unrevived: dict[str, commands.Revive] = {}
    consistency = Consistency(journal.last)
    for seq, event, recorded in journal.recorded():
        match event:
            case Reported():  # most are
                pass
            case Suggested() | SuggestionDeferred() | SearchEnded():
                questions.heard(event)
            case Revived():
                unrevived.pop(event.trial, None)
            case ExperimentChanged() if SPACE in event.options:
                questions.space_changed()
        answer = _handled(engine, seq, event)
        consistency.look(seq, event, answer, recorded)
        for command in answer:
            if isinstance(command, AdvisorCommand):
                questions.put(command)
            elif isinstance(command, commands.Revive):
                unrevived[command.trial] = command
        if isinstance(event, _LAST):
            _remember(event, engine, recall)
    if consistency.finding:
        warn(consistency.finding)
    revived = [revival.event(one.trial, paused=one.paused) for one in unrevived.values()]
    return [*revived, *questions.unheard]


def _handled(engine: Engine, seq: int, event: AnyEvent) -> tuple[commands.AnyCommand, ...]:
    try:
        answer = engine.handle(event)
    except InvalidTransition as error:
        raise PluginError(
            f"what the scheduler decides does not lead to event {seq} of this run, a"
            f" {type(event).__name__}: it decided otherwise before, so it is another version of it,"
            " or does not decide by its seed and what it is told alone; `tunesmith replay` of the"
            " run shows where"
        ) from error
    if (failure := engine.failure) is not None:
        raise engine.fault(
            f"{failure}, at event {seq}, as the run is played back; mend that, then resume"
        ) from failure.__cause__
    return answer


def _remember(event: TrialEnded | TrialLost, engine: Engine, recall: Recall) -> None:
    view = engine.trial(event.trial)
    if view.status in OVER:
        recall(view, event.error if isinstance(event, TrialEnded) else None)
