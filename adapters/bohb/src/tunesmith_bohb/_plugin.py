"""Declares the searcher; imports neither it nor NumPy."""

from tunesmith.plugins import Capabilities, SearcherSpec, hookimpl


@hookimpl
def tunesmith_searchers() -> list[SearcherSpec]:
    """Return the searcher "bohb"."""
    return [
        SearcherSpec(
            name="bohb",
            factory="tunesmith_bohb.searcher:BohbSearcher",
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
            summary="BOHB's sampler: a pair of density estimates for each training length",
            advice="early stopping with many trials, where a model per training length pays",
            observes="decisions",
            partial="all",
        )
    ]
