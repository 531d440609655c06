"""Declares the searcher; imports neither it nor Dragonfly."""

from tunesmith.plugins import Capabilities, SearcherSpec, hookimpl


@hookimpl
def tunesmith_searchers() -> list[SearcherSpec]:
    """Return the searcher "dragonfly"."""
    return [
        SearcherSpec(
            name="dragonfly",
            factory="tunesmith_dragonfly.searcher:DragonflySearcher",
            api="1.0",
            capabilities=Capabilities(integer=True, categorical=True, constraints=True),
            summary="Dragonfly's Gaussian process bandit: several acquisitions, the best used most",
            advice="few expensive trials; seconds a suggestion, up to a minute every 17th",
            wraps="dragonfly-opt",
            pace="slow",
        )
    ]
