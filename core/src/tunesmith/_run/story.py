"""What happened to one trial, in plain words, told from the journal."""

import heapq
from collections.abc import Iterator

import msgspec

from tunesmith._journal.codec import Decided, UnknownEvent, decode_decisions, decode_event
from tunesmith._journal.reader import Reader
from tunesmith._run.wording import amount, parameters
from tunesmith.errors import UsageError
from tunesmith.protocols.events import (
    AnyEvent,
    CheckpointSaved,
    ControlRequested,
    Reported,
    Revived,
    RunEnded,
    RunStarted,
    Suggested,
    TrialEnded,
    TrialLost,
    TrialPaused,
    TrialStarted,
)
from tunesmith.protocols.objective import Objective
from tunesmith.protocols.trial import Config

_ELSEWHERE = """
SELECT seq, at, decisions FROM events
WHERE (trial IS NULL OR trial <> :trial) AND instr(decisions, :mark) ORDER BY seq"""
_RUNS = """
SELECT seq, at, kind, trial, body FROM events
WHERE kind IN ('RunStarted', 'RunEnded') ORDER BY seq"""


_Moment = tuple[int, float, AnyEvent | UnknownEvent | None, tuple[Decided, ...]]
"""A number, a time, an event of the trial's own, if it is one, and what was decided then."""


class Line(msgspec.Struct, frozen=True):
    """One thing that happened: its event's number, when, and what, in words."""

    seq: int
    at: float
    text: str


def tell(reader: Reader, trial: str) -> list[Line]:
    """Return a trial's story, oldest line first.

    Raises:
        UsageError: the run has no such trial.
    """
    trial = trial.zfill(4)
    lines = list(_lines(reader, trial))
    if not lines:
        raise UsageError(
            f"no trial {trial!r} in {str(reader.folder)!r}; `tunesmith trials {reader.folder}` "
            "lists them"
        )
    first, last = lines[0].seq, lines[-1].seq
    end = last if _is_over(reader, trial) else float("inf")
    lines += [line for line in _runs(reader) if first < line.seq <= end]
    return sorted(lines, key=lambda line: line.seq)


def _is_over(reader: Reader, trial: str) -> bool:
    events = [row.event for row in reader.rows(trial=trial)]
    last = events[-1] if events else None
    return isinstance(last, TrialEnded) and last.outcome != "interrupted"


def _lines(reader: Reader, trial: str) -> Iterator[Line]:
    """Yield what the trial's events tell and what was decided on it, in order."""
    teller = _Teller(reader.header.objectives, reader.header.resource)
    moments = heapq.merge(_own(reader, trial), _elsewhere(reader, trial), key=lambda one: one[0])
    for seq, at, event, decisions in moments:
        for text in teller.event(event) if event is not None else ():
            yield Line(seq, at, text)
        for decided in decisions:
            if decided.trial == trial:
                yield Line(seq, at, teller.decision(decided))


def _own(reader: Reader, trial: str) -> Iterator[_Moment]:
    for row in reader.rows(trial=trial):
        yield row.seq, row.event.at, row.event, row.decisions


def _elsewhere(reader: Reader, trial: str) -> Iterator[_Moment]:
    """Yield when something about the trial was decided as something happened to others."""
    mark = f'"trial":"{trial}"'
    for seq, at, decisions in reader.select(_ELSEWHERE, {"trial": trial, "mark": mark}):
        yield seq, at, None, decode_decisions(decisions)


def _runs(reader: Reader) -> Iterator[Line]:
    for seq, *row in reader.select(_RUNS):
        event = decode_event(*row)
        if isinstance(event, RunStarted):
            yield Line(seq, event.at, "the run was taken up again")
        elif isinstance(event, RunEnded):
            because = f": {event.reason}" if event.reason else ""
            yield Line(seq, event.at, f"the run ended ({event.status}){because}")


class _Teller:
    """Words for events and decisions."""

    def __init__(self, objectives: tuple[Objective, ...], resource: str) -> None:
        self._objectives = objectives
        self._resource = resource
        self._config: Config = {}

    def event(self, event: AnyEvent | UnknownEvent) -> Iterator[str]:
        match event:
            case Suggested():
                self._config = event.config
                yield f"suggested by {event.source}: {parameters(event.config, limit=100)}"
            case TrialStarted():
                where = f" on {event.worker}" if event.worker else ""
                odd = f"; {event.note}" if event.note else ""
                yield f"attempt {event.attempt} began{where}{odd}"
            case Reported():
                yield self._reports(event)
            case CheckpointSaved():
                yield f"checkpoint saved at {self._at(event.checkpoint.resource)}"
            case TrialPaused():
                yield "paused; its slot is free for others"
            case TrialEnded():
                yield self._ending(event)
            case TrialLost():
                because = f": {event.reason}" if event.reason else ""
                yield f"attempt {event.attempt} was lost ({event.failure}){because}"
            case ControlRequested():
                because = f": {event.reason}" if event.reason else ""
                yield f"a person asked: {event.action}{because}"
            case Revived():
                yield "goes on, though it was over"
            case UnknownEvent():
                yield f"{event.kind}, of a later version of tunesmith"
            case _:
                pass  # what concerns the searcher, not the trial

    def _reports(self, event: Reported) -> str:
        if not event.reports:
            return "reported nothing"
        last = event.reports[-1]
        pairs = [
            f"{one.metric}={amount(last.metrics[one.metric])}"
            for one in self._objectives
            if one.metric in last.metrics
        ]
        scored = ", ".join(pairs) or f"without {self._objectives[0].metric!r}"
        times = (
            f"{len(event.reports)} reports, the last " if len(event.reports) > 1 else "reported "
        )
        return f"{times}{scored} at {self._at(last.resource)}"

    def _ending(self, event: TrialEnded) -> str:
        because = f": {event.reason}" if event.reason else ""
        if event.error is None:
            return f"{event.outcome}{because}"
        kind = f" ({event.failure})" if event.failure else ""
        return f"failed{kind}: {event.error.type}: {event.error.message}{because}"

    def decision(self, decided: Decided) -> str:
        because = f": {decided.reason}" if decided.reason else ""
        match decided.action:
            case "Launch":
                return self._launch(decided)
            case "Proceed" if decided.until is None:
                return "decision: train on to the end"
            case "Proceed":
                return f"decision: train on to {self._at(decided.until or 0.0)}"
            case "Pause":
                return f"decision: pause{because}"
            case "Stop" | "Retire":
                verb = {"completed": "complete", "interrupted": "interrupt"}
                return f"decision: {verb.get(decided.outcome, 'stop')}{because}"
            case "End":
                return f"given up: counts as {decided.outcome}"
            case action:
                return f"decision: {action}, of a later version of tunesmith"

    def _launch(self, decided: Decided) -> str:
        source = decided.checkpoint
        if source is None:
            how = "from the start"
        else:
            whose = "its own" if source.trial == decided.trial else f"trial {source.trial}'s"
            how = f"from {whose} checkpoint at {self._at(source.resource)}"
        until = "" if decided.until is None else f", until {self._at(decided.until)}"
        changed = ""
        if decided.config is not None and decided.config != self._config:
            self._config = decided.config
            changed = f", now with {parameters(decided.config, limit=100)}"
        return f"decision: launch attempt {decided.attempt} {how}{until}{changed}"

    def _at(self, resource: float) -> str:
        return f"{self._resource} {resource:g}"
