"""What a worker is made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from tunesmith._executors.clock import wall_clock
from tunesmith._trainable.checkpoint import CheckpointPolicy
from tunesmith._trainable.form import TrainableForm
from tunesmith._trainable.timing import TimeMetric
from tunesmith.protocols.resources import Resources
from tunesmith.space import Space


class WorkerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """All that a worker needs to know; picklable if the training code is.

    `folder` is the run folder, absolute. `space` turns plain configs into what training code gets;
    None where they are the same. A bare number that is reported counts as metric `objective`; a
    trial that does not report all of `required` fails: metrics, each with the option that names it.
    `capture` sends what a trial prints to its folder: for processes that run trials only. With
    `time`, trials report their training time, and it is not measured.
    """

    trainable: TrainableForm
    folder: str
    experiment: str = ""
    space: Space | None = None
    resource: str = "training_iteration"
    objective: str = ""
    required: Mapping[str, str] = {}
    resources: Resources = Resources()
    checkpoint: CheckpointPolicy = CheckpointPolicy()
    clock: Callable[[], float] = wall_clock
    capture: bool = False
    on_error: Callable[[BaseException], None] | None = None
    time: TimeMetric | None = None
