"""What training code calls: `report`, `get_checkpoint`, `should_checkpoint`, `get_context`.

Outside a run these work too, so that training code can be tried by hand: reports are checked and
go nowhere, there is no checkpoint, and none is wanted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tunesmith._trainable.checkpoint import Offer, SavedCheckpoint
from tunesmith._trainable.context import TrialContext
from tunesmith._trainable.metrics import clean
from tunesmith._trainable.session import Report, current

__all__ = ["Report", "get_checkpoint", "get_context", "report", "should_checkpoint"]


def report(metrics: Mapping[str, Any] | float | Report, checkpoint: Offer | None = None) -> None:
    """Report metrics, and a checkpoint if given; returns when the trial shall train on.

    Where the trial is stopped it does not return: training code is unwound, its `finally` blocks
    run. `checkpoint` is a dict, or the path of a directory or file.

    Raises:
        TrialError: A metric is no plain value, or the experiment's resource is missing or did not
            grow. Nothing was reported.
        UsageError: The training code is a generator or a class, which report in other ways.
    """
    session = current()
    if session is not None:
        session.report(metrics, checkpoint)
    elif isinstance(metrics, Report):
        clean(metrics.metrics)
    elif isinstance(metrics, Mapping):
        clean(metrics)


def get_checkpoint() -> SavedCheckpoint | None:
    """Return the newest checkpoint of this trial, to continue from; None if there is none.

    Ask for it before the first report: what does not, begins anew, and is counted from zero.
    """
    session = current()
    return session.read_checkpoint() if session is not None else None


def should_checkpoint() -> bool:
    """Tell whether a checkpoint is wanted with the next report; one given unasked is kept too."""
    session = current()
    return session is not None and session.should_checkpoint()


def get_context() -> TrialContext:
    """Return what there is to know about the running trial: id, folder, resources and more."""
    return TrialContext(current())
