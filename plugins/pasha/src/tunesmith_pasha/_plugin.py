"""What this plugin brings, as plain data."""

from collections.abc import Sequence

from tunesmith.plugins import Capabilities, SchedulerSpec, hookimpl


@hookimpl
def tunesmith_schedulers() -> Sequence[SchedulerSpec]:
    """Return PASHA."""
    return [
        SchedulerSpec(
            name="pasha",
            factory="tunesmith_pasha.scheduler:pasha",
            api="1.0",
            capabilities=Capabilities(pauses=True),
            summary="asynchronous successive halving; trains longer only while rankings change",
        )
    ]
