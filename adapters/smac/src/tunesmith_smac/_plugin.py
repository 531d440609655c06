"""Declares the searcher; imports neither it nor smac."""

from tunesmith.plugins import Capabilities, SearcherSpec, hookimpl


@hookimpl
def tunesmith_searchers() -> list[SearcherSpec]:
    """Return the searcher "smac"."""
    return [
        SearcherSpec(
            name="smac",
            factory="tunesmith_smac.searcher:SmacSearcher",
            api="1.0",
            capabilities=Capabilities(
                log=True,
                integer=True,
                ordinal=True,
                categorical=True,
                conditional=True,
                multi_objective=True,
                constraints=True,
            ),
            summary="SMAC3: Bayesian optimisation with a random forest",
            advice="choices and conditions by the dozen, where a trial takes minutes",
            wraps="smac",
            pace="slow",
        )
    ]
