"""Declares the searcher; imports neither it nor ZOOpt."""

from tunesmith.plugins import Capabilities, SearcherSpec, hookimpl


@hookimpl
def tunesmith_searchers() -> list[SearcherSpec]:
    """Return the searcher "zoopt"."""
    return [
        SearcherSpec(
            name="zoopt",
            factory="tunesmith_zoopt.searcher:ZooptSearcher",
            api="1.0",
            capabilities=Capabilities(integer=True, categorical=True),
            summary="ZOOpt's sequential RACOS: samples from boxes that hold the best and no others",
            advice="many parameters, choices among them, hundreds of trials",
            wraps="zoopt",
        )
    ]
