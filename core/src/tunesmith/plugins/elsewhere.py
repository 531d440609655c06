"""What people know from other libraries, and what it is called here."""

from collections.abc import Collection, Mapping
from typing import Final

from tunesmith.plugins.specs import Kind

NAMES: Final[Mapping[Kind, Mapping[str, str]]] = {
    "searcher": {
        "basicvariantgenerator": "random",
        "bo": "bayesopt",
        "grid_search": "grid",
        "gpsampler": "gp",
        "gridsampler": "grid",
        "randomsampler": "random",
        "tpe": "optuna",
        "tpesampler": "optuna",
        "bayesopt": "bayesopt",
        "hyperopt": "hyperopt",
        "optuna": "optuna",
        "tunebohb": "bohb",
    },
    "scheduler": {
        "ashascheduler": "asha",
        "asynchyperbandscheduler": "asha",
        "async_hyperband": "asha",
        "fifoscheduler": "fifo",
        "hyperbandforbohb": "hyperband",
        "hyperbandpruner": "hyperband",
        "median": "median-stopping",
        "medianpruner": "median-stopping",
        "medianstoppingrule": "median-stopping",
        "populationbasedtraining": "pbt",
        "successivehalvingpruner": "asha",
    },
}
"""Names of algorithms, in lower case."""

OPTIONS: Final[Mapping[str, str]] = {
    "max_t": "max_resource",
    "hyperparam_mutations": "mutate",
    "perturbation_interval": "interval",
}
"""Options of algorithms."""

OF_THE_RUN: Final[Mapping[str, str]] = {
    "max_concurrent": "max_concurrent",
    "metric": "metric",
    "mode": "mode",
    "outcome_constraints": "outcome_constraints",
    "points_to_evaluate": "points_to_evaluate",
    "random_state": "seed",
    "seed": "seed",
    "time_attr": "resource",
}
"""Options of algorithms that are stated once here, for the whole run."""


def choice_of(name: str) -> str:
    """Return how an algorithm is chosen that is a class elsewhere; empty if nothing is known."""
    bare = name.casefold().removesuffix("search")
    for kind, names in NAMES.items():
        here = names.get(name.casefold()) or names.get(bare)
        if here:
            return f"; write {kind}={here!r}"
    return ""


def option_hint(name: str, declared: Collection[str]) -> str:
    """Return what to write instead of an option of another library; empty if nothing is known."""
    here, of_the_run = OPTIONS.get(name), OF_THE_RUN.get(name)
    if here in declared:
        return f"; did you mean {here!r}?"
    return f"; the run has it: tune.run(..., {of_the_run}=...);" if of_the_run else ""
