"""What the engine wants done, in the imperative; done once the journal is written."""

from typing import Literal

import msgspec

from tunesmith.protocols.checkpoint import Checkpoint
from tunesmith.protocols.observation import ObservationStatus
from tunesmith.protocols.resources import Resources
from tunesmith.protocols.result import Result
from tunesmith.protocols.trial import Config


class Command(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag_field="kind", tag=str):
    """An imperative."""


class TrialCommand(Command, frozen=True, kw_only=True):
    """An imperative about one attempt at one trial."""

    trial: str
    attempt: int


# To the executor ---------------------------------------------------------------------------------


class Anchor(msgspec.Struct, frozen=True, gc=False):
    """Where a trial stood when its experiment was cut off.

    At the clock's time `at` it had trained for `elapsed_s` seconds.
    """

    at: float
    elapsed_s: float


class Launch(TrialCommand, frozen=True, kw_only=True):
    """Run the trial, from `checkpoint` if there is one, until it must wait for a decision.

    It waits at the first report whose resource is at least `until`. `seen` is the highest
    resource already known: reports up to it are not delivered again. `anchor` is set for a trial
    that ran when its experiment was cut off, and lets a simulation put it back on its clock. With
    `pauses` it only gets back to `seen`, saves itself there and pauses: its pause was cut off.
    """

    config: Config
    checkpoint: Checkpoint | None = None
    resources: Resources | None = None
    until: float = float("inf")
    seen: float = 0.0
    anchor: Anchor | None = None
    pauses: bool = False


class Proceed(TrialCommand, frozen=True, kw_only=True):
    """Let a waiting trial train on to `until`."""

    until: float


class Pause(TrialCommand, frozen=True, kw_only=True):
    """Save a waiting trial where it can be saved, and free its slot; answered by `TrialPaused`."""

    reason: str


class Stop(TrialCommand, frozen=True, kw_only=True):
    """End the attempt at its next report at the latest; answered by `TrialEnded(outcome, reason)`.

    `outcome` is "completed" where the trial has trained as far as it should, "interrupted" where
    it may go on later from its newest checkpoint.
    """

    reason: str
    outcome: Literal["stopped", "completed", "interrupted"] = "stopped"


class SaveCheckpoint(TrialCommand, frozen=True, kw_only=True):
    """Save a waiting trial if its training code can be saved; answered by `CheckpointSaved`."""


# To the advisor ----------------------------------------------------------------------------------


class Ask(Command, frozen=True, kw_only=True):
    """Have the searcher suggest a configuration for each of these new trials."""

    trials: tuple[str, ...]


class Tell(Command, frozen=True, kw_only=True):
    """Have the searcher learn this about a trial; the advisor turns it into an `Observation`."""

    trial: str
    config: Config
    status: ObservationStatus
    result: Result | None
    cost_s: float = 0.0


class Enqueue(Command, frozen=True, kw_only=True):
    """Have the next trial that is asked for run this configuration, which a person chose."""

    config: Config


class Adopt(Command, frozen=True, kw_only=True):
    """Have a searcher that begins in the middle of a run know of a trial that is under way."""

    trial: str
    config: Config


# To the driver -----------------------------------------------------------------------------------


class DropCheckpoint(Command, frozen=True, kw_only=True):
    """Delete a checkpoint that nothing needs any more."""

    checkpoint: Checkpoint


class Retire(TrialCommand, frozen=True, kw_only=True):
    """End a trial that holds no slot; the driver answers `TrialEnded` at once."""

    reason: str
    outcome: Literal["stopped", "completed"] = "stopped"


class Revive(Command, frozen=True, kw_only=True):
    """Have a trial that was over go on; the driver answers `Revived`.

    With `paused` it waits for the scheduler to resume it.
    """

    trial: str
    paused: bool = False


class WakeAt(Command, frozen=True, kw_only=True):
    """Send `DeadlineReached(name)` when the executor's clock reaches `at`."""

    at: float
    name: str


class Finish(Command, frozen=True, kw_only=True):
    """End the experiment; answered by `RunEnded`."""

    status: Literal["completed", "stopped", "failed"]
    reason: str = ""


ExecutorCommand = Launch | Proceed | Pause | Stop | SaveCheckpoint
AdvisorCommand = Ask | Tell | Enqueue | Adopt
AnyCommand = ExecutorCommand | AdvisorCommand | DropCheckpoint | Retire | Revive | WakeAt | Finish
