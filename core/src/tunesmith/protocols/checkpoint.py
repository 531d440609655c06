"""A durable checkpoint: where it is and how far its trial had trained."""

import msgspec


class Checkpoint(msgspec.Struct, frozen=True, gc=False):
    """A saved state of a trial; it exists in full or not at all.

    `path` is relative to the run folder, `size` is in bytes. `iteration` and `elapsed_s` are the
    trial's own counters at the save: a trial that starts from here counts on from them.
    """

    trial: str
    resource: float
    path: str
    size: int = 0
    iteration: int = 0
    elapsed_s: float = 0.0
