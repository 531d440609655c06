"""The engine's records of trials, and the order in which they wait."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterator

import msgspec

from tunesmith.protocols import (
    Checkpoint,
    Config,
    ErrorInfo,
    Resources,
    Result,
    TrialStatus,
    TrialView,
)
from tunesmith.protocols.commands import Anchor
from tunesmith.protocols.events import Outcome


class TrialState(enum.Enum):
    """Where a trial stands; the value is the public status it shows as.

    Those that show as running hold a slot.
    """

    ASKED = ("asked", "pending")
    PENDING = ("pending", "pending")
    STARTING = ("starting", "running")
    RUNNING = ("running", "running")
    PAUSING = ("pausing", "running")
    STOPPING = ("stopping", "running")
    RESTARTING = ("restarting", "running")
    PAUSED = ("paused", "paused")
    HELD = ("held", "paused")
    RETIRING = ("retiring", "paused")
    COMPLETED = ("completed", "completed")
    STOPPED = ("stopped", "stopped")
    FAILED = ("failed", "failed")

    def __init__(self, label: str, status: TrialStatus) -> None:
        self.label = label
        self.status: TrialStatus = status
        self.holds_slot = status == "running"

    # Identity hashing: the states are keys on the engine's hot path.
    __hash__ = object.__hash__


ENDED = frozenset({TrialState.COMPLETED, TrialState.STOPPED, TrialState.FAILED})


class Trial(msgspec.Struct, eq=False, gc=False):
    """One trial's record; `attempt` counts launches, `is_open`: the last one still runs.

    `asks_first`: the scheduler is yet to say how far the next attempt runs. `peak` is the best
    value before the newest fork, and its checkpoint.
    `held_from`: a person paused it, in that state, until further notice. `goes_first`: a person
    wants it to have the next slot.
    `is_overdue`: it is being stopped because it was silent for too long. `needs_all`: it ran out of
    memory, and is to run alone.
    `pauses_again`: its pause was cut off before it had saved itself.
    `is_undecided`, `has_met`: as it was interrupted it had come to where the scheduler decides, or
    had met its stop criterion, which is seen to before it goes on.
    `heard` is when it started or last reported in its newest attempt, None once that is not what
    it goes on from; `anchor` the same for one that is to be put back there.
    """

    id: str
    state: TrialState = TrialState.ASKED
    config: Config = {}
    attempt: int = 0
    anchor: Anchor | None = None
    asks_first: bool = True
    heard: Anchor | None = None
    held_from: TrialState | None = None
    goes_first: bool = False
    is_open: bool = False
    is_deferred: bool = False
    is_overdue: bool = False
    needs_all: bool = False
    pauses_again: bool = False
    is_undecided: bool = False
    has_met: bool = False
    resource: float = 0.0
    decide_at: float | None = None
    last: Result | None = None
    best: Result | None = None
    cost_s: float = 0.0
    checkpoints: tuple[Checkpoint, ...] = ()
    launch_from: Checkpoint | None = None
    peak: tuple[float, Checkpoint] | None = None
    resources: Resources | None = None
    retries: Counter[str] | None = None
    error: ErrorInfo | None = None
    reason: str = ""
    outcome: Outcome = "stopped"

    def view(self) -> TrialView:
        """Return a frozen snapshot."""
        return TrialView(
            id=self.id,
            config=self.config,
            status=self.state.status,
            attempt=self.attempt,
            resource=self.resource,
            last=self.last,
            best=self.best,
            checkpoint=self.newest(),
            reason=self.reason,
        )

    def newest(self) -> Checkpoint | None:
        """Return where a relaunch goes on: the fork's source until the trial has saved itself."""
        if self.launch_from is not None:
            return self.launch_from
        return self.checkpoints[-1] if self.checkpoints else None

    @property
    def is_saved(self) -> bool:
        """Whether nothing is lost if it goes on from its newest checkpoint."""
        newest = self.newest()
        return newest is not None and newest.resource >= self.resource

    @property
    def is_interrupted(self) -> bool:
        """Whether it is being stopped, to go on later."""
        return self.state is TrialState.STOPPING and self.outcome == "interrupted"

    @property
    def is_leaving(self) -> bool:
        """Whether it is being stopped for good."""
        return self.state is TrialState.STOPPING and self.outcome != "interrupted"

    def forget(self) -> None:
        """Drop what an ended trial no longer needs, so that long runs stay small."""
        self.config = {}
        self.last = self.best = None
        self.retries = None
        self.launch_from = None
        self.peak = None


class Trials:
    """All trials, and those in each state in the order in which they entered it."""

    def __init__(self) -> None:
        self._by_id: dict[str, Trial] = {}
        self._by_state: dict[TrialState, dict[str, Trial]] = {state: {} for state in TrialState}
        self.active = 0
        self.created = 0

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Trial]:
        return iter(self._by_id.values())

    def find(self, trial_id: str) -> Trial | None:
        """Return the trial, or None if there is none of that id."""
        return self._by_id.get(trial_id)

    def __getitem__(self, trial_id: str) -> Trial:
        return self._by_id[trial_id]

    def add(self) -> Trial:
        """Make the next trial, in state ASKED; ids count from 0001 and grow as needed."""
        self.created += 1
        trial = Trial(f"{self.created:04d}")
        self._by_id[trial.id] = trial
        self._by_state[TrialState.ASKED][trial.id] = trial
        return trial

    def discard(self, trial: Trial) -> None:
        """Forget a trial that was asked for and never suggested."""
        del self._by_state[trial.state][trial.id]
        del self._by_id[trial.id]

    def move(self, trial: Trial, state: TrialState, *, first: bool = False) -> None:
        """Put the trial into `state`: last in line, or first."""
        old, lines = trial.state, self._by_state
        del lines[old][trial.id]
        if old.holds_slot is not state.holds_slot:
            self.active += 1 if state.holds_slot else -1
        trial.state = state
        line = lines[state]
        if first:
            others = dict(line)
            line.clear()
            line[trial.id] = trial
            line.update(others)
        else:
            line[trial.id] = trial

    def of(self, state: TrialState) -> dict[str, Trial]:
        """Return the trials in `state`, by id, in the order in which they entered it; live."""
        return self._by_state[state]

    def holding(self) -> list[Trial]:
        """Return the trials that hold a slot."""
        return [
            trial for state in TrialState if state.holds_slot for trial in self.of(state).values()
        ]


FINAL: dict[Outcome, TrialState] = {
    "completed": TrialState.COMPLETED,
    "stopped": TrialState.STOPPED,
    "failed": TrialState.FAILED,
}
