"""Declares the searcher; imports neither it nor torch."""

from tunesmith.plugins import Capabilities, SearcherSpec, hookimpl


@hookimpl
def tunesmith_searchers() -> list[SearcherSpec]:
    """Return the searcher "turbo"."""
    return [
        SearcherSpec(
            name="turbo",
            factory="tunesmith_turbo.searcher:TurboSearcher",
            api="1.0",
            capabilities=Capabilities(
                log=True,
                integer=True,
                ordinal=True,
                categorical=True,
                step=True,
                normal=True,
                constraints=True,
            ),
            summary="TuRBO: Bayesian optimisation in a trust region",
            advice="ten real parameters or more, and some hundred expensive trials",
            wraps="botorch",
            pace="slow",
        )
    ]
