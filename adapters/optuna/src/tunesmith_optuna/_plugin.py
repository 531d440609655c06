"""Declares the searcher; imports neither it nor Optuna."""

from tunesmith.plugins import Capabilities, SearcherSpec, hookimpl


@hookimpl
def tunesmith_searchers() -> list[SearcherSpec]:
    """Return the searcher "optuna"."""
    return [
        SearcherSpec(
            name="optuna",
            factory="tunesmith_optuna.searcher:OptunaSearcher",
            api="1.0",
            capabilities=Capabilities(
                log=True,
                integer=True,
                categorical=True,
                step=True,
                conditional=True,
                multi_objective=True,
                constraints=True,
                outcome_constraints=True,
            ),
            summary="Optuna's samplers: TPE (default), GP, CMA-ES, NSGA-II and III, QMC, random",
            advice="the all-rounder: many trials, conditional spaces, several objectives",
            wraps="optuna",
        )
    ]
