"""Whether the processes of a Ray that this process started are alive.

Ray restarts none of them, and ends a program that has lost one, without a word, seconds later.
"""

from ray._private import worker

_VITAL = ("gcs_server", "raylet")


def casualties() -> tuple[str, ...]:
    """Return the names of those that have died; none where Ray was joined, or is not there."""
    # Ray has no public word for it, and may rename the private one.
    node = getattr(worker, "_global_node", None)
    look = getattr(node, "dead_processes", None)
    return tuple(name for name, _ in look() if name in _VITAL) if look is not None else ()
