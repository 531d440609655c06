"""A worker process answers for what keeps it from working."""

from pathlib import Path

import pytest

from tunesmith_ray import actor
from tunesmith_ray.actor import Load, TrialActor
from tunesmith_ray.staff import explain_greeting


def test_run_folder_must_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a node does not share the run folder, the message says which one and what to do."""
    monkeypatch.setattr(actor, "_MARKER_S", 0.0)
    marker = tmp_path / "runs" / ".visible-1"
    greeting = TrialActor().prepare(Load(paths=(), references={}, parcel=None), str(marker))
    error = explain_greeting(greeting)
    assert error.type == "UsageError"
    assert error.message == (
        f"the worker on {greeting.host!r} cannot use the run folder: it cannot see the file "
        f"{str(marker)!r}; put storage= on a file system that every node mounts at the same path"
    )
