"""The transition table: what each event means in each state of a trial.

Theory of operation
-------------------
A trial is asked for (ASKED), suggested (PENDING), launched (STARTING) and runs (RUNNING) until it
ends (COMPLETED, STOPPED, FAILED). While it runs it either trains or waits at a report for a
decision; the decision is taken in the same call that handles the report, so waiting is no state.
PAUSING, STOPPING and RESTARTING are RUNNING with an order on its way: the slot is still held, and
is given back only by the executor's answer. PAUSED trials hold no slot; RETIRING is a trial
without a slot for which the driver is about to confirm the end. HELD is one that a person paused;
people's requests move trials without a row here (`control.py`).

Every launch is an attempt with a number of its own. The attempt is open from the launch until the
executor says that it paused, ended or was lost. An event about any attempt but the open one is
late: it changes nothing and is counted (`LATE`). An event that has no row here, from the open
attempt, is a contradiction and raises `InvalidTransition` with the trial's story.

Messages may be repeated or overtake each other within an attempt, as far as these rows say: a
start may come twice or after the first report, and reports that were already seen are dropped.

The diagram in ARCHITECTURE.md is drawn from this table (`python -m tunesmith._engine.diagram`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from tunesmith._engine.lifecycle import Lifecycle
from tunesmith._engine.trials import Trial, TrialState
from tunesmith.protocols.events import (
    CheckpointSaved,
    Reported,
    Suggested,
    SuggestionDeferred,
    TrialEnded,
    TrialLost,
    TrialPaused,
    TrialStarted,
)

Handler = Callable[[Lifecycle, Trial, Any], None]


class Transition(msgspec.Struct, frozen=True):
    """A handler, and the states in which it may leave the trial."""

    handler: Handler
    to: frozenset[TrialState]


def _to(handler: Handler, *states: TrialState) -> Transition:
    return Transition(handler, frozenset(states))


ASKED = TrialState.ASKED
PENDING = TrialState.PENDING
STARTING = TrialState.STARTING
RUNNING = TrialState.RUNNING
PAUSING = TrialState.PAUSING
STOPPING = TrialState.STOPPING
RESTARTING = TrialState.RESTARTING
PAUSED = TrialState.PAUSED
HELD = TrialState.HELD
RETIRING = TrialState.RETIRING
COMPLETED = TrialState.COMPLETED
STOPPED = TrialState.STOPPED
FAILED = TrialState.FAILED

_OVER = (COMPLETED, STOPPED, FAILED)
_LATER = (*_OVER, PENDING)
_LEFT = (*_LATER, HELD)
_DECIDED = (RUNNING, PAUSING, STOPPING, RESTARTING)

TRANSITIONS: dict[tuple[TrialState, type], Transition] = {
    (ASKED, Suggested): _to(Lifecycle.suggested, PENDING),
    (ASKED, SuggestionDeferred): _to(Lifecycle.deferred, ASKED),
    (STARTING, TrialStarted): _to(Lifecycle.started, RUNNING),
    (STARTING, Reported): _to(Lifecycle.reported, *_DECIDED),
    (STARTING, CheckpointSaved): _to(Lifecycle.saved, STARTING),
    (STARTING, TrialEnded): _to(Lifecycle.ended, *_LATER),
    (STARTING, TrialLost): _to(Lifecycle.lost, FAILED, PENDING),
    (RUNNING, TrialStarted): _to(Lifecycle.again, RUNNING),
    (RUNNING, Reported): _to(Lifecycle.reported, *_DECIDED),
    (RUNNING, CheckpointSaved): _to(Lifecycle.saved, RUNNING),
    (RUNNING, TrialEnded): _to(Lifecycle.ended, *_LATER),
    (RUNNING, TrialLost): _to(Lifecycle.lost, FAILED, PENDING),
    (PAUSING, TrialStarted): _to(Lifecycle.again, PAUSING),
    (PAUSING, Reported): _to(Lifecycle.reported, PAUSING),
    (PAUSING, CheckpointSaved): _to(Lifecycle.saved, PAUSING),
    (PAUSING, TrialPaused): _to(Lifecycle.paused, PAUSED, RETIRING),
    (PAUSING, TrialEnded): _to(Lifecycle.ended, *_OVER, PAUSED, RETIRING),
    (PAUSING, TrialLost): _to(Lifecycle.lost, FAILED, PAUSED, RETIRING),
    (STOPPING, TrialStarted): _to(Lifecycle.again, STOPPING),
    (STOPPING, Reported): _to(Lifecycle.reported, STOPPING),
    (STOPPING, CheckpointSaved): _to(Lifecycle.saved, STOPPING),
    (STOPPING, TrialEnded): _to(Lifecycle.ended, *_LEFT),
    (STOPPING, TrialLost): _to(Lifecycle.lost, *_LEFT),
    (RESTARTING, TrialStarted): _to(Lifecycle.again, RESTARTING),
    (RESTARTING, Reported): _to(Lifecycle.again, RESTARTING),
    (RESTARTING, CheckpointSaved): _to(Lifecycle.saved, RESTARTING),
    (RESTARTING, TrialEnded): _to(Lifecycle.replaced, STARTING, PENDING),
    (RESTARTING, TrialLost): _to(Lifecycle.replaced, STARTING, PENDING),
    (RETIRING, TrialEnded): _to(Lifecycle.ended, COMPLETED, STOPPED),
}

LATE = "an event about an attempt that is not open: ignored and counted"
