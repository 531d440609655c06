"""Names that our own packages provide, for those who have not installed them.

Written by `python tests/architecture/test_catalog.py`; a test fails when it is out of date.
"""

from typing import Final

CATALOG: Final[dict[str, dict[str, str]]] = {
    "command": {
        "bench": "tunesmith-bench",
    },
    "executor": {
        "ray": "tunesmith-ray",
    },
    "scheduler": {
        "asha": "tunesmith-asha",
        "dehb": "tunesmith-dehb",
        "hyperband": "tunesmith-hyperband",
        "median-stopping": "tunesmith-median-stopping",
        "pasha": "tunesmith-pasha",
        "pb2": "tunesmith-pb2",
        "pbt": "tunesmith-pbt",
        "pbt-replay": "tunesmith-pbt",
        "resource-changing": "tunesmith-resource-changing",
    },
    "searcher": {
        "ax": "tunesmith-ax",
        "bayesopt": "tunesmith-bayesopt",
        "blendsearch": "tunesmith-flaml",
        "bohb": "tunesmith-bohb",
        "cfo": "tunesmith-flaml",
        "cmaes": "tunesmith-cmaes",
        "dehb": "tunesmith-dehb",
        "dragonfly": "tunesmith-dragonfly",
        "gp": "tunesmith-gp",
        "hebo": "tunesmith-hebo",
        "hyperopt": "tunesmith-hyperopt",
        "nevergrad": "tunesmith-nevergrad",
        "optuna": "tunesmith-optuna",
        "sigopt": "tunesmith-sigopt",
        "skopt": "tunesmith-skopt",
        "smac": "tunesmith-smac",
        "turbo": "tunesmith-turbo",
        "zoopt": "tunesmith-zoopt",
    },
}
