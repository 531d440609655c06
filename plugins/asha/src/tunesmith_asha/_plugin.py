"""What this plugin brings, as plain data."""

from collections.abc import Sequence

from tunesmith.plugins import Capabilities, SchedulerSpec, hookimpl


@hookimpl
def tunesmith_schedulers() -> Sequence[SchedulerSpec]:
    """Return ASHA."""
    return [
        SchedulerSpec(
            name="asha",
            factory="tunesmith_asha.scheduler:asha",
            api="1.0",
            capabilities=Capabilities(multi_objective=True, pauses=True),
            summary="asynchronous successive halving: stop, or pause and promote, at rungs",
        )
    ]
