"""A trial as schedulers, stoppers and callbacks see it."""

from typing import Any, Literal

import msgspec

from tunesmith.protocols.checkpoint import Checkpoint
from tunesmith.protocols.result import Result

TrialStatus = Literal["pending", "running", "paused", "completed", "stopped", "failed"]

OVER: tuple[TrialStatus, ...] = ("completed", "stopped", "failed")
"""The statuses of trials that are over."""

Config = dict[str, Any]


class TrialView(msgspec.Struct, frozen=True, gc=False):
    """A read-only snapshot of one trial.

    `config` is nested and plain, as the training code gets it (objects stand as their labels).
    `best` and `last` are results that carried the first objective; `resource` counts every report.
    """

    id: str
    config: Config
    status: TrialStatus
    attempt: int = 0
    resource: float = 0.0
    last: Result | None = None
    best: Result | None = None
    checkpoint: Checkpoint | None = None
    reason: str = ""
