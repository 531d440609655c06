"""Declares the searcher; imports neither it nor Nevergrad."""

from tunesmith.plugins import Capabilities, SearcherSpec, hookimpl


@hookimpl
def tunesmith_searchers() -> list[SearcherSpec]:
    """Return the searcher "nevergrad"."""
    return [
        SearcherSpec(
            name="nevergrad",
            factory="tunesmith_nevergrad.searcher:NevergradSearcher",
            api="1.0",
            capabilities=Capabilities(
                log=True,
                integer=True,
                ordinal=True,
                categorical=True,
                normal=True,
                conditional=True,
                multi_objective=True,
                constraints=True,
            ),
            summary="Nevergrad's optimizers: NGOpt (default), differential evolution, CMA, ...",
            advice="hundreds of cheap trials, many parameters or many at once",
            wraps="nevergrad",
        )
    ]
