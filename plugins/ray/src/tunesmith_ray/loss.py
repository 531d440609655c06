"""Why a worker process died, from what Ray tells about it."""

from ray.exceptions import OutOfMemoryError

from tunesmith.protocols import FailureKind

_OOM = ("running low on memory", "due to memory pressure", "NODE_OUT_OF_MEMORY")
_PREEMPTED = ("due to node preemption", "died by preemption", "DRAIN_PREEMPTED")
_NODE = ("its node has died", "its node died", "node was terminated")


def kind_of(error: BaseException) -> FailureKind:
    """Return the kind of failure behind a call that a worker did not answer."""
    text = str(error)
    if isinstance(error, OutOfMemoryError) or any(mark in text for mark in _OOM):
        return "oom"
    if getattr(error, "preempted", False) or any(mark in text for mark in _PREEMPTED):
        return "preempted"
    if any(mark in text for mark in _NODE):
        return "node_lost"
    return "worker_lost"


def reason_of(error: BaseException) -> str:
    """Return one line for people."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith(("class_name:", "actor_id:", "name"))]
    return " ".join(told)[:500] or type(error).__name__


def failed_to_begin(error: BaseException) -> str:
    """Return the error raised while Ray made the worker, which a retry cannot heal, or ""."""
    return str(error) if getattr(error, "actor_init_failed", False) else ""
