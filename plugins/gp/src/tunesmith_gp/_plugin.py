"""Declares the searcher; imports neither it nor NumPy."""

from tunesmith.plugins import Capabilities, SearcherSpec, hookimpl


@hookimpl
def tunesmith_searchers() -> list[SearcherSpec]:
    """Return the searcher "gp"."""
    return [
        SearcherSpec(
            name="gp",
            factory="tunesmith_gp.searcher:GaussianProcessSearcher",
            api="1.0",
            capabilities=Capabilities(
                log=True,
                integer=True,
                ordinal=True,
                categorical=True,
                step=True,
                normal=True,
                conditional=True,
                constraints=True,
            ),
            summary="a Gaussian process over configurations and training lengths",
            advice="with asha: good results in the fewest trials, where each takes minutes",
            observes="decisions",
            partial="all",
        )
    ]
