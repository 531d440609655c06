"""Declares the searcher; imports neither it nor scikit-optimize."""

from tunesmith.plugins import Capabilities, SearcherSpec, hookimpl


@hookimpl
def tunesmith_searchers() -> list[SearcherSpec]:
    """Return the searcher "skopt"."""
    return [
        SearcherSpec(
            name="skopt",
            factory="tunesmith_skopt.searcher:SkoptSearcher",
            api="1.0",
            capabilities=Capabilities(log=True, integer=True, categorical=True, constraints=True),
            summary="scikit-optimize: a Gaussian process (default), or forests of regression trees",
            advice="a few dozen trials of minutes each, up to ten parameters",
            wraps="scikit-optimize",
            pace="slow",
        )
    ]
