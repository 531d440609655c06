"""The hooks of a plugin: each returns a list of specs, and is called once per registry."""

from collections.abc import Sequence

import pluggy

from tunesmith.plugins.specs import (
    CallbackSpec,
    CommandSpec,
    ExecutorSpec,
    SchedulerSpec,
    SearcherSpec,
)

PROJECT = "tunesmith"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def tunesmith_searchers() -> Sequence[SearcherSpec]:  # type: ignore[empty-body]
    """Return the searchers this plugin brings."""


@hookspec
def tunesmith_schedulers() -> Sequence[SchedulerSpec]:  # type: ignore[empty-body]
    """Return the schedulers this plugin brings."""


@hookspec
def tunesmith_executors() -> Sequence[ExecutorSpec]:  # type: ignore[empty-body]
    """Return the executors this plugin brings."""


@hookspec
def tunesmith_callbacks() -> Sequence[CallbackSpec]:  # type: ignore[empty-body]
    """Return the callbacks that users may name."""


@hookspec
def tunesmith_commands() -> Sequence[CommandSpec]:  # type: ignore[empty-body]
    """Return the subcommands this plugin adds to `tunesmith`."""
