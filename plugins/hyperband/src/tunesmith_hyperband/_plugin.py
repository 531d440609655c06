"""What this plugin brings, as plain data."""

from collections.abc import Sequence

from tunesmith.plugins import Capabilities, SchedulerSpec, hookimpl


@hookimpl
def tunesmith_schedulers() -> Sequence[SchedulerSpec]:
    """Return HyperBand."""
    return [
        SchedulerSpec(
            name="hyperband",
            factory="tunesmith_hyperband.scheduler:hyperband",
            api="1.0",
            capabilities=Capabilities(pauses=True),
            summary="successive halving in brackets: pause at rungs, promote once all are there",
        )
    ]
