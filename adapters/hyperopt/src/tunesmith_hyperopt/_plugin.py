"""Declares the searcher; imports neither it nor Hyperopt."""

from tunesmith.plugins import Capabilities, SearcherSpec, hookimpl


@hookimpl
def tunesmith_searchers() -> list[SearcherSpec]:
    """Return the searcher "hyperopt"."""
    return [
        SearcherSpec(
            name="hyperopt",
            factory="tunesmith_hyperopt.searcher:HyperoptSearcher",
            api="1.0",
            capabilities=Capabilities(
                log=True,
                integer=True,
                categorical=True,
                step=True,
                normal=True,
                conditional=True,
                constraints=True,
            ),
            summary="Hyperopt: TPE on trees of choices (default), simulated annealing, random",
            advice="deep spaces: choices inside choices, normal distributions",
            wraps="hyperopt",
        )
    ]
