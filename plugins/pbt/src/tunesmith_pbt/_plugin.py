"""What this plugin brings, as plain data."""

from collections.abc import Sequence

from tunesmith.plugins import Capabilities, SchedulerSpec, hookimpl


@hookimpl
def tunesmith_schedulers() -> Sequence[SchedulerSpec]:
    """Return PBT, and the replay of what it found."""
    return [
        SchedulerSpec(
            name="pbt",
            factory="tunesmith_pbt.factory:pbt",
            api="1.0",
            capabilities=Capabilities(needs_checkpoints=True, pauses=True, explores=True),
            summary="population based training: clone the best, and vary their configurations",
        ),
        SchedulerSpec(
            name="pbt-replay",
            factory="tunesmith_pbt.replay:pbt_replay",
            api="1.0",
            capabilities=Capabilities(needs_checkpoints=True, explores=True),
            summary="train one trial along the configurations that led to a trial of another run",
        ),
    ]
