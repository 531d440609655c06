"""What this plugin brings, as plain data."""

from collections.abc import Sequence

from tunesmith.plugins import Capabilities, SchedulerSpec, SearcherSpec, hookimpl


@hookimpl
def tunesmith_searchers() -> Sequence[SearcherSpec]:
    """Return the evolution."""
    return [
        SearcherSpec(
            name="dehb",
            factory="tunesmith_dehb.searcher:DehbSearcher",
            api="1.0",
            capabilities=Capabilities(
                log=True,
                integer=True,
                ordinal=True,
                categorical=True,
                step=True,
                normal=True,
                conditional=True,
            ),
            summary="differential evolution with a population for each resource level",
            advice="spaces of many parameters, hundreds of short trials",
            observes="decisions",
            partial="all",
        )
    ]


@hookimpl
def tunesmith_schedulers() -> Sequence[SchedulerSpec]:
    """Return the plan of how far each trial is trained."""
    return [
        SchedulerSpec(
            name="dehb",
            factory="tunesmith_dehb.scheduler:PlannedScheduler",
            api="1.0",
            capabilities=Capabilities(multi_objective=True, explores=True),
            summary="trains each trial as far as its place in DEHB's brackets says",
        )
    ]
