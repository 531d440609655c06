"""What this plugin brings, as plain data."""

from collections.abc import Sequence

from tunesmith.plugins import Capabilities, SchedulerSpec, hookimpl


@hookimpl
def tunesmith_schedulers() -> Sequence[SchedulerSpec]:
    """Return PB2."""
    return [
        SchedulerSpec(
            name="pb2",
            factory="tunesmith_pb2.scheduler:pb2",
            api="1.0",
            capabilities=Capabilities(needs_checkpoints=True, pauses=True, explores=True),
            summary="population based bandits: clones explore by a time-varying Gaussian process",
        )
    ]
