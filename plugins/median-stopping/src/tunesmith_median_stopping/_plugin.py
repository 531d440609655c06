"""What this plugin brings, as plain data."""

from collections.abc import Sequence

from tunesmith.plugins import Capabilities, SchedulerSpec, hookimpl


@hookimpl
def tunesmith_schedulers() -> Sequence[SchedulerSpec]:
    """Return the median stopping rule."""
    return [
        SchedulerSpec(
            name="median-stopping",
            factory="tunesmith_median_stopping.scheduler:median_stopping",
            api="1.0",
            capabilities=Capabilities(),
            summary="stop a trial whose best is worse than the median of others' averages",
        )
    ]
