"""Why an attempt ended against the user's will."""

from typing import Literal

import msgspec

FailureKind = Literal["user_error", "oom", "worker_lost", "node_lost", "preempted", "timeout"]


class ErrorInfo(msgspec.Struct, frozen=True, gc=False):
    """An exception as plain data.

    `traceback` begins with the user's own frames. `fingerprint` is equal for errors that are the
    same failure of different trials (type and raising line, not the message's numbers).
    """

    type: str
    message: str
    traceback: str = ""
    fingerprint: str = ""
