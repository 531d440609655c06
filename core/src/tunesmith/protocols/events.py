"""Facts that reach the engine, in the past tense; each says when it happened.

`at` is the executor's clock in seconds (simulated seconds since the start in the simulator).
Every event is one row of the journal, in the order in which the engine handled it.
"""

from typing import Any, Literal

import msgspec

from tunesmith.protocols.checkpoint import Checkpoint
from tunesmith.protocols.failure import ErrorInfo, FailureKind
from tunesmith.protocols.result import Report, Result
from tunesmith.protocols.trial import Config

Outcome = Literal["completed", "stopped", "interrupted", "failed"]
ControlAction = Literal["stop", "pause", "unpause", "boost", "enqueue"]


class Event(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag_field="kind", tag=str):
    """A fact; `at` is when it happened."""

    at: float


class TrialEvent(Event, frozen=True, kw_only=True):
    """A fact about one attempt at one trial; one about an older attempt is ignored and counted."""

    trial: str
    attempt: int


# From the executor -------------------------------------------------------------------------------


class CapacityChanged(Event, frozen=True, kw_only=True):
    """The executor can hold this many trials at once."""

    slots: int


class TrialStarted(TrialEvent, frozen=True, kw_only=True):
    """Training code began to run; for people, `worker` says where, and `note` what is odd."""

    worker: str = ""
    note: str = ""


class Reported(TrialEvent, frozen=True, kw_only=True):
    """The trial reported, once or several times; after the last of them it may be waiting.

    `waiting` is True if the trial now stands still until a `Proceed`, `Pause` or `Stop`.
    """

    reports: tuple[Report, ...]
    waiting: bool = False


class CheckpointSaved(TrialEvent, frozen=True, kw_only=True):
    """A checkpoint became durable."""

    checkpoint: Checkpoint


class TrialPaused(TrialEvent, frozen=True, kw_only=True):
    """The trial gave its slot back and can be resumed."""


class TrialEnded(TrialEvent, frozen=True, kw_only=True):
    """The attempt is over: training returned, a `Stop` was carried out, or user code failed.

    After outcome "interrupted" the trial can go on from its newest checkpoint.
    """

    outcome: Outcome
    reason: str = ""
    error: ErrorInfo | None = None
    failure: FailureKind | None = None


class TrialLost(TrialEvent, frozen=True, kw_only=True):
    """The worker or its node vanished under the attempt."""

    failure: FailureKind
    reason: str = ""


class ExecutorFailed(Event, frozen=True, kw_only=True):
    """The executor can run nothing any more; the experiment ends and says why."""

    error: ErrorInfo


# From the advisor --------------------------------------------------------------------------------


class Suggested(Event, frozen=True, kw_only=True):
    """A new trial's configuration (nested and plain); `source` says who proposed it."""

    trial: str
    config: Config
    source: str = "searcher"


class SuggestionDeferred(Event, frozen=True, kw_only=True):
    """The searcher has nothing for this trial until more is observed."""

    trial: str


class SearchEnded(Event, frozen=True, kw_only=True):
    """No further suggestion will come; `error` is set where the searcher failed."""

    reason: str
    error: ErrorInfo | None = None


# From the driver ---------------------------------------------------------------------------------


class DeadlineReached(Event, frozen=True, kw_only=True):
    """A time asked for with `WakeAt` has come."""

    name: str


class ControlRequested(Event, frozen=True, kw_only=True):
    """A person asked for something; `trial` is empty where it concerns the whole experiment.

    "enqueue" has the nested, plain configuration of a further trial as its `config`.
    """

    action: ControlAction
    trial: str = ""
    reason: str = ""
    config: Config | None = None


class RunStarted(Event, frozen=True, kw_only=True):
    """A driver took the experiment up: at its start, and again at every resume."""

    driver: str = ""


class Recalled(Event, frozen=True, kw_only=True):
    """A trial of an earlier run, for the searcher to start with; `source` is "run/trial".

    `curve` holds some of its reports by the present objectives, the last among them.
    """

    source: str
    config: Config
    status: Literal["completed", "stopped", "paused", "failed"]
    curve: tuple[Result, ...] = ()
    cost_s: float = 0.0


class ExperimentChanged(Event, frozen=True, kw_only=True):
    """The experiment goes on with other limits.

    `changes` are of the engine's settings: `num_samples` (trials in all), `time_budget_s`, those
    about failures; `max_resource` is how far trials now train. `options` are options of the
    experiment, in plain form, that a later resume needs to know of. With another `space` among
    them a fresh searcher takes over.
    """

    changes: dict[str, Any]
    options: dict[str, Any] = {}


class Revived(Event, frozen=True, kw_only=True):
    """A trial that was over goes on, as what it was: from its newest checkpoint, if that is there.

    Until it starts it waits for its turn, or with `paused` for the scheduler to resume it.
    """

    trial: str
    config: Config
    resource: float = 0.0
    cost_s: float = 0.0
    last: Result | None = None
    best: Result | None = None
    paused: bool = False


class RunEnded(Event, frozen=True, kw_only=True):
    """The experiment is over; nothing follows unless it is resumed."""

    status: Literal["completed", "stopped", "failed"]
    reason: str = ""


AnyEvent = (
    RunStarted
    | Recalled
    | ExperimentChanged
    | Revived
    | CapacityChanged
    | Suggested
    | SuggestionDeferred
    | SearchEnded
    | TrialStarted
    | Reported
    | CheckpointSaved
    | TrialPaused
    | TrialEnded
    | TrialLost
    | ExecutorFailed
    | DeadlineReached
    | ControlRequested
    | RunEnded
)
