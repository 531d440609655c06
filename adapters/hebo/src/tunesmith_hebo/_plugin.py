"""Declares the searcher; imports neither it nor HEBO."""

from tunesmith.plugins import Capabilities, SearcherSpec, hookimpl


@hookimpl
def tunesmith_searchers() -> list[SearcherSpec]:
    """Return the searcher "hebo"."""
    return [
        SearcherSpec(
            name="hebo",
            factory="tunesmith_hebo.searcher:HeboSearcher",
            api="1.0",
            capabilities=Capabilities(
                log=True,
                integer=True,
                categorical=True,
                constraints=True,
                outcome_constraints=True,
                multi_objective=True,
            ),
            summary="HEBO: a Gaussian process on warped losses, three acquisitions at once",
            advice="few expensive trials on losses of uneven noise; seconds a suggestion",
            wraps="HEBO",
            pace="slow",
        )
    ]
