"""Declares the searcher; imports neither it nor sigoptlite."""

from tunesmith.plugins import Capabilities, SearcherSpec, hookimpl


@hookimpl
def tunesmith_searchers() -> list[SearcherSpec]:
    """Return the searcher "sigopt"."""
    return [
        SearcherSpec(
            name="sigopt",
            factory="tunesmith_sigopt.searcher:SigoptSearcher",
            api="1.0",
            capabilities=Capabilities(
                log=True,
                integer=True,
                categorical=True,
                conditional=True,
                constraints=True,
                outcome_constraints=True,
                multi_objective=True,
            ),
            summary="SigOpt's optimizer, offline: a Gaussian process with expected improvement",
            advice="few expensive trials, one objective or two; a second a suggestion",
            wraps="sigoptlite",
            pace="slow",
        )
    ]
