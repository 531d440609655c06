"""What this plugin brings, as plain data."""

from collections.abc import Sequence

from tunesmith.plugins import CommandSpec, hookimpl


@hookimpl
def tunesmith_commands() -> Sequence[CommandSpec]:
    """Return the command `bench`."""
    return [
        CommandSpec(
            name="bench",
            factory="tunesmith_bench.command:bench",
            api="1.0",
            summary="Compare searchers and schedulers on benchmark tasks.",
        )
    ]
