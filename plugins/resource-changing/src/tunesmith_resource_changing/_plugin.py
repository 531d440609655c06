"""What this plugin brings, as plain data."""

from collections.abc import Sequence

from tunesmith.plugins import Capabilities, SchedulerSpec, hookimpl


@hookimpl
def tunesmith_schedulers() -> Sequence[SchedulerSpec]:
    """Return the scheduler that wraps another and reallocates resources."""
    return [
        SchedulerSpec(
            name="resource-changing",
            factory="tunesmith_resource_changing.scheduler:resource_changing",
            api="1.0",
            capabilities=Capabilities(multi_objective=True, needs_checkpoints=True, pauses=True),
            summary="wraps a scheduler and gives what stands idle to the trials that run",
        )
    ]
