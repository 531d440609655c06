"""Declares the searcher; imports neither it nor bayesian-optimization."""

from tunesmith.plugins import Capabilities, SearcherSpec, hookimpl


@hookimpl
def tunesmith_searchers() -> list[SearcherSpec]:
    """Return the searcher "bayesopt"."""
    return [
        SearcherSpec(
            name="bayesopt",
            factory="tunesmith_bayesopt.searcher:BayesoptSearcher",
            api="1.0",
            capabilities=Capabilities(
                integer=True, categorical=True, constraints=True, outcome_constraints=True
            ),
            summary="a Gaussian process with UCB, EI or PI, from bayesian-optimization",
            advice="few parameters, mostly real, and an acquisition function of one's choice",
            wraps="bayesian-optimization",
            pace="slow",
        )
    ]
