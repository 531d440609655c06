"""The kind of failure behind a dead worker."""

import pytest
from ray.exceptions import ActorDiedError, ActorUnavailableError, OutOfMemoryError, RayActorError

from tunesmith_ray import loss

KILLED = (
    "The actor is dead because its worker process has died. Worker exit type: SYSTEM_ERROR Worker "
    "exit detail: Worker unexpectedly exits with a connection error code 2. End of file. Some "
    "common causes include: (1) the process was killed by the OOM killer due to high memory usage"
)


def died(text: str, *, preempted: bool = False) -> ActorDiedError:
    """Return Ray's error with this message."""
    error = ActorDiedError()
    RayActorError.__init__(error, "abc", text, False, preempted)
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (died(KILLED), "worker_lost"),
        (ActorUnavailableError("connection reset", None), "worker_lost"),
        (OutOfMemoryError("Task was killed"), "oom"),  # type: ignore[no-untyped-call]
        (died("1 worker(s) were killed due to the node running low on memory."), "oom"),
        (died("Worker exit type: NODE_OUT_OF_MEMORY Worker exit detail: x"), "oom"),
        (died("The actor died because its node has died. Node Id: 1f"), "node_lost"),
        (died("The actor died because its node has died.", preempted=True), "preempted"),
        (died("Actor died by preemption."), "preempted"),
        (TimeoutError("a trial was told to stop and did not"), "worker_lost"),
    ],
)
def test_kinds(error: BaseException, kind: str) -> None:
    """Memory, node and preemption are told apart from a plain death, whose text names them all."""
    assert loss.kind_of(error) == kind


def test_reason_is_one_line() -> None:
    """People get one line without Ray's own identifiers."""
    text = "The actor died.\n\tclass_name: TrialActor\n\tactor_id: 5f\nIts node has gone."
    assert loss.reason_of(died(text)) == "The actor died. Its node has gone."
