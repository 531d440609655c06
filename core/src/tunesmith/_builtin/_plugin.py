"""What the core brings itself, through the same door as everyone else."""

from collections.abc import Sequence

from msgspec.structs import replace

from tunesmith.plugins import (
    Capabilities,
    ExecutorSpec,
    SchedulerSpec,
    SearcherSpec,
    hookimpl,
)

_EVERY_SPACE = Capabilities(
    log=True,
    integer=True,
    ordinal=True,
    categorical=True,
    step=True,
    normal=True,
    conditional=True,
    multi_objective=True,
)


@hookimpl
def tunesmith_searchers() -> Sequence[SearcherSpec]:
    """Return random and grid search."""
    return [
        SearcherSpec(
            name="random",
            factory="tunesmith._builtin.random:RandomSearcher",
            api="1.0",
            capabilities=_EVERY_SPACE,
            partial="ignore",
            pace="instant",
            summary="draws every configuration independently, as the space says",
            advice="the yardstick; and where trials are many and cheap",
        ),
        SearcherSpec(
            name="grid",
            factory="tunesmith._builtin.grid:GridSearcher",
            api="1.0",
            capabilities=replace(_EVERY_SPACE, grid=True),
            partial="ignore",
            pace="instant",
            summary="tries every combination of values once, in order",
            advice="few values, all of which are to be seen",
        ),
    ]


@hookimpl
def tunesmith_schedulers() -> Sequence[SchedulerSpec]:
    """Return the scheduler that lets every trial train to its end."""
    return [
        SchedulerSpec(
            name="fifo",
            factory="tunesmith._builtin.fifo:FifoScheduler",
            api="1.0",
            capabilities=Capabilities(multi_objective=True),
            summary="runs every trial to its end, in the order of suggestion",
        )
    ]


@hookimpl
def tunesmith_executors() -> Sequence[ExecutorSpec]:
    """Return the executors that need nothing but this process."""
    return [
        ExecutorSpec(
            name="inline",
            factory="tunesmith._executors.inline:InlineExecutor",
            api="1.0",
            in_process=True,
            summary="runs trials in this process, one at a time",
        ),
        ExecutorSpec(
            name="simulated",
            factory="tunesmith._executors.simulated:SimulatedExecutor",
            api="1.0",
            in_process=True,
            virtual=True,
            preference=-1,
            summary="runs trials on simulated workers and a virtual clock",
        ),
    ]
