"""Declares the searcher; imports neither it nor Ax."""

from tunesmith.plugins import Capabilities, SearcherSpec, hookimpl


@hookimpl
def tunesmith_searchers() -> list[SearcherSpec]:
    """Return the searcher "ax"."""
    return [
        SearcherSpec(
            name="ax",
            factory="tunesmith_ax.searcher:AxSearcher",
            api="1.0",
            capabilities=Capabilities(
                log=True,
                integer=True,
                categorical=True,
                conditional=True,
                multi_objective=True,
                constraints=True,
                outcome_constraints=True,
            ),
            summary="Ax: Bayesian optimisation by BoTorch, for one objective or several",
            advice="few expensive trials, one objective or several; seconds a suggestion",
            wraps="ax-platform",
            pace="slow",
        )
    ]
