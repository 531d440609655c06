"""What a searcher is told about a trial."""

from typing import Literal

import msgspec

from tunesmith.protocols.result import Metrics
from tunesmith.protocols.trial import Config

ObservationStatus = Literal["running", "completed", "stopped", "paused", "failed", "infeasible"]


class Observation(msgspec.Struct, frozen=True, gc=False):
    """One fact about one trial; only `status == "completed"` means trained to its end.

    `config` is flat, in the vocabulary of the space that the searcher was given. `values` holds
    one finite, minimised float per objective; it is empty where the trial has none: failed,
    infeasible, cut short with nothing to tell, or, if completed, diverged to NaN or infinity.
    `constraint_values` holds one float per outcome constraint of the problem, in its metric's unit:
    at most 0 where it is kept. A searcher that takes no outcome constraints gets no `values` of a
    trial that breaks one.
    `resource` is how far the trial had trained when it scored `values`. `cost_s` is the trial's
    training time so far, in seconds.
    """

    trial_id: str
    config: Config
    values: tuple[float, ...]
    resource: float
    status: ObservationStatus
    metrics: Metrics = {}
    cost_s: float = 0.0
    constraint_values: tuple[float, ...] = ()
