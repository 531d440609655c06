"""Where each trial stands, folded out of the events one by one; no history is kept in memory."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, get_args

import msgspec

from tunesmith._journal.codec import decode_decisions
from tunesmith._journal.reader import RawRow
from tunesmith.protocols.constraint import OutcomeConstraint
from tunesmith.protocols.events import Outcome
from tunesmith.protocols.failure import FailureKind
from tunesmith.protocols.objective import Objective
from tunesmith.protocols.trial import TrialStatus


class Spot(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One report: its place in the journal, what it scored, and which configuration it ran.

    `values` holds one raw number per objective, None where it is missing or not finite, or where
    the report breaks an outcome constraint; `config` is as `Record.config`.
    """

    trial: str
    seq: int
    place: int
    resource: float
    values: tuple[float | None, ...]
    config: int


class Record(msgspec.Struct, gc=False, array_like=True):
    """One trial; `config`, `error` and `checkpoint` are numbers of the events that hold these.

    A negative `config` means the launch decided on event `-config`; 0 means none. `tail` is the
    last report, `last` and `best` are the last and the best one that carried the first objective.
    """

    id: str
    config: int
    status: TrialStatus = "pending"
    reason: str = ""
    attempts: int = 0
    reports: int = 0
    iterations: int | None = None
    resource: float | None = None
    tail: Spot | None = None
    last: Spot | None = None
    best: Spot | None = None
    error: int = 0
    checkpoint: int = 0
    started_at: float | None = None
    ended_at: float | None = None


class _Reports(msgspec.Struct, gc=False):
    reports: list[tuple[float | None, dict[str, Any]]]


class _Attempt(msgspec.Struct, gc=False):
    attempt: int = 0


class _Ending(msgspec.Struct, gc=False):
    outcome: Outcome
    reason: str = ""


class _Loss(msgspec.Struct, gc=False):
    attempt: int
    failure: FailureKind | str
    reason: str = ""


class _Asked(msgspec.Struct, gc=False):
    action: str
    reason: str = ""


class _Revived(msgspec.Struct, gc=False):
    paused: bool = False


class _RunEnding(msgspec.Struct, frozen=True, gc=False):
    status: str = ""
    reason: str = ""


class Standing(msgspec.Struct):
    """All that an index knows after the event `seq`.

    `front` holds the reports that no other beats in every objective, where there are several.
    `held` and `unheld` are, of trials that a person paused, that reason and the one that they would
    show without; `resting` are those whose newest attempt was paused.
    """

    records: dict[str, Record] = {}
    front: list[Spot] = []
    seq: int = 0
    ending: _RunEnding = _RunEnding()
    running: set[str] = set()
    interrupted: set[str] = set()
    pauses: dict[str, str] = {}
    held: dict[str, str] = {}
    unheld: dict[str, str] = {}
    resting: set[str] = set()


class Index:
    """Folds stored rows, in order, into one `Record` per trial; goes on from a `standing`."""

    def __init__(
        self,
        objectives: Sequence[Objective],
        standing: Standing | None = None,
        *,
        constraints: Sequence[OutcomeConstraint] = (),
    ) -> None:
        self.objectives, self.constraints = tuple(objectives), tuple(constraints)
        self._standing = standing = standing or Standing()
        self.records, self.front = standing.records, standing.front
        self.seq, self.ending = standing.seq, standing.ending
        self._running, self._interrupted = standing.running, standing.interrupted
        self._pauses, self._resting = standing.pauses, standing.resting
        self._held, self._unheld = standing.held, standing.unheld
        self._metric = self.objectives[0].metric
        self._minimises = self.objectives[0].mode == "min"
        self._handlers: dict[str, Callable[[int, float, str, str], None]] = {
            "Suggested": self._suggested,
            "TrialStarted": self._started,
            "Reported": self._reported,
            "CheckpointSaved": self._saved,
            "TrialPaused": self._paused,
            "TrialEnded": self._ended,
            "TrialLost": self._lost,
            "ControlRequested": self._asked,
            "Revived": self._revived,
            "RunStarted": self._run_started,
            "RunEnded": self._run_ended,
        }

    def feed(self, rows: Iterable[RawRow]) -> None:
        """Take rows in, each numbered above all before it.

        Raises:
            msgspec.DecodeError: a row is damaged.
        """
        handlers = self._handlers
        for seq, at, kind, trial, body, decisions in rows:
            handler = handlers.get(kind)
            if handler is not None:
                handler(seq, at, trial or "", body)
            # Most decisions change nothing here, and are cheaper to look at than to decode.
            if decisions is not None and (
                '"config"' in decisions or '"Pause"' in decisions or '"End"' in decisions
            ):
                self._decided(seq, at, decisions)
            self.seq = seq

    @property
    def standing(self) -> Standing:
        """All it knows."""
        return msgspec.structs.replace(
            self._standing, front=self.front, seq=self.seq, ending=self.ending
        )

    def counts(self) -> dict[TrialStatus, int]:
        """Return how many trials have each status, in the order in which trials pass them."""
        totals: dict[TrialStatus, int] = dict.fromkeys(get_args(TrialStatus), 0)
        for record in self.records.values():
            totals[record.status] += 1
        return {status: count for status, count in totals.items() if count}

    # One handler per kind of event ----------------------------------------------------------------

    def _suggested(self, seq: int, at: float, trial: str, body: str) -> None:
        del at, body
        self.records[trial] = Record(trial, seq)

    def _started(self, seq: int, at: float, trial: str, body: str) -> None:
        del seq
        self._resting.discard(trial)
        record = self.records[trial]
        record.attempts = max(record.attempts, _ATTEMPT.decode(body).attempt)
        if record.started_at is None:
            record.started_at = at
        self._move(record, "running")

    def _reported(self, seq: int, at: float, trial: str, body: str) -> None:
        del at
        record = self.records[trial]
        reports = _REPORTS.decode(body).reports
        metrics: dict[str, Any] = {}
        for place, (resource, metrics) in enumerate(reports):
            values = self._values(metrics)
            spot = Spot(trial, seq, place, resource or 0.0, values, record.config)
            record.tail = spot
            if self._metric in metrics:
                record.last = spot
            value, best = values[0], record.best
            if value is not None and (best is None or self._beats(value, best)):
                record.best = spot
            if len(values) > 1:
                self._compare(spot)
        if reports:
            record.reports += len(reports)
            record.resource = reports[-1][0]
            record.iterations = metrics.get("training_iteration")

    def _values(self, metrics: dict[str, Any]) -> tuple[float | None, ...]:
        if any(one.value(metrics) > 0 for one in self.constraints):
            return (None,) * len(self.objectives)
        if len(self.objectives) == 1:
            value = metrics.get(self._metric)
            return (value if type(value) is float else _number(value),)
        return tuple(_number(metrics.get(one.metric)) for one in self.objectives)

    def _saved(self, seq: int, at: float, trial: str, body: str) -> None:
        del at, body
        self.records[trial].checkpoint = seq

    def _paused(self, seq: int, at: float, trial: str, body: str) -> None:
        del seq, at, body
        self._resting.add(trial)
        self._wait(self.records[trial], self._pauses.get(trial, ""))

    def _asked(self, seq: int, at: float, trial: str, body: str) -> None:
        del seq, at
        asked = _ASKED.decode(body)
        record = self.records.get(trial)
        if record is None or asked.action not in ("pause", "unpause"):
            return
        is_waiting = record.status in ("pending", "paused")
        reason = self._unheld.pop(trial, record.reason)
        self._held.pop(trial, None)
        if asked.action == "pause":
            self._held[trial] = asked.reason
        if is_waiting:
            is_interrupted = trial in self._interrupted
            self._wait(record, reason)
            if is_interrupted:
                self._interrupted.add(trial)

    def _revived(self, seq: int, at: float, trial: str, body: str) -> None:
        del seq, at
        record = self.records[trial]
        record.ended_at, record.error = None, 0
        if _REVIVED.decode(body).paused:
            self._resting.add(trial)
        self._wait(record, "")

    def _wait(self, record: Record, reason: str) -> None:
        """Have a trial hold no slot: it is paused, or will go on by itself."""
        is_held, is_resting = record.id in self._held, record.id in self._resting
        if is_held:
            self._unheld[record.id] = reason
        status: TrialStatus = "paused" if is_held or is_resting else "pending"
        self._move(record, status, self._held.get(record.id, reason))

    def _ended(self, seq: int, at: float, trial: str, body: str) -> None:
        record = self.records[trial]
        ending = _ENDING.decode(body)
        self._resting.discard(trial)
        if ending.outcome == "interrupted":
            self._wait(record, ending.reason)
            return
        # A failure that will be retried shows as one until the next attempt starts.
        self._move(record, ending.outcome, ending.reason)
        record.ended_at = at
        if ending.outcome == "failed":
            record.error = seq

    def _lost(self, seq: int, at: float, trial: str, body: str) -> None:
        del at
        record = self.records[trial]
        loss = _LOSS.decode(body)
        self._resting.discard(trial)
        # Where a worker dies at once, the news that it had started may die with it.
        record.attempts = max(record.attempts, loss.attempt)
        self._wait(record, loss.reason or loss.failure)
        record.error = seq

    def _run_started(self, seq: int, at: float, trial: str, body: str) -> None:
        del seq, at, trial, body
        self.ending = _RunEnding()
        self._interrupt("")

    def _run_ended(self, seq: int, at: float, trial: str, body: str) -> None:
        del seq, at, trial
        self.ending = _RUN_ENDING.decode(body)
        self._interrupt(self.ending.reason)

    def _decided(self, seq: int, at: float, decisions: str) -> None:
        for decided in decode_decisions(decisions):
            record = self.records.get(decided.trial)
            if decided.action == "Pause":
                self._pauses[decided.trial] = decided.reason
            elif record is None:
                continue
            elif decided.action == "Launch" and decided.config is not None:
                record.config = -seq
            elif decided.action == "End":
                is_stopped = decided.outcome == "stopped"
                reason = self._unheld.pop(record.id, record.reason)
                self._move(record, "stopped" if is_stopped else "failed", reason)
                record.ended_at = at
                record.error = seq

    # ----------------------------------------------------------------------------------------------

    def _move(self, record: Record, status: TrialStatus, reason: str = "") -> None:
        self._interrupted.discard(record.id)
        if status == "running":
            self._running.add(record.id)
            record.error = 0
            record.ended_at = None
        elif record.status == "running":
            self._running.discard(record.id)
        record.status = status
        record.reason = reason

    def _interrupt(self, reason: str) -> None:
        """Note that what runs is given up, to go on at a resume."""
        for trial in self._interrupted:
            if trial in self._held:
                self._unheld[trial] = reason
            else:
                self.records[trial].reason = reason
        running = self._running.copy()
        for trial in running:
            self._wait(self.records[trial], reason)
        self._interrupted |= running

    def _beats(self, value: float, best: Spot) -> bool:
        old = best.values[0]
        return old is None or (value < old if self._minimises else value > old)

    def _compare(self, spot: Spot) -> None:
        """Let a report into the front if it belongs there."""
        if None in spot.values:
            return
        kept = []
        for other in self.front:
            if _dominates(self.objectives, other, spot):
                return
            if not _dominates(self.objectives, spot, other):
                kept.append(other)
        self.front = [*kept, spot]


def _dominates(objectives: Sequence[Objective], left: Spot, right: Spot) -> bool:
    """Tell whether `left` is as good everywhere and better somewhere, or was there before."""
    is_better = False
    for one, mine, theirs in zip(objectives, left.values, right.values, strict=True):
        if mine is None or theirs is None:
            return False
        if one.better(theirs, mine):
            return False
        is_better = is_better or mine != theirs
    return is_better or (left.trial == right.trial and left.seq <= right.seq)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


_REPORTS = msgspec.json.Decoder(_Reports)
_ATTEMPT = msgspec.json.Decoder(_Attempt)
_ENDING = msgspec.json.Decoder(_Ending)
_LOSS = msgspec.json.Decoder(_Loss)
_REVIVED = msgspec.json.Decoder(_Revived)
_ASKED = msgspec.json.Decoder(_Asked)
_RUN_ENDING = msgspec.json.Decoder(_RunEnding)
