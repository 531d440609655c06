"""Names that our own packages provide, for those who have not installed them.

Written by `python tests/architecture/test_catalog.py`; a test fails when it is out of date.
"""

from typing import Final

CATALOG: Final[dict[str, dict[str, str]]] = {
    "executor": {
        "ray": "tunesmith-ray",
    },
    "scheduler": {
        "asha": "tunesmith-asha",
    },
    "searcher": {
        "optuna": "tunesmith-optuna",
    },
}
