"""Declares the searcher; imports neither it nor cmaes."""

from tunesmith.plugins import Capabilities, SearcherSpec, hookimpl


@hookimpl
def tunesmith_searchers() -> list[SearcherSpec]:
    """Return the searcher "cmaes"."""
    return [
        SearcherSpec(
            name="cmaes",
            factory="tunesmith_cmaes.searcher:CmaesSearcher",
            api="1.0",
            capabilities=Capabilities(
                log=True, integer=True, ordinal=True, categorical=True, step=True
            ),
            summary="CMA-ES, with margin for whole numbers and categories (CatCMA with margin)",
            advice="numbers that depend on each other, and hundreds of cheap trials",
            wraps="cmaes",
        )
    ]
