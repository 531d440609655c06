"""CMA-ES as a tunesmith searcher; importing this package imports neither cmaes nor NumPy."""

from typing import Any

__all__ = ["CmaesSearcher"]


def __getattr__(name: str) -> Any:
    """Import the searcher, and with it cmaes, when it is first asked for."""
    if name == "CmaesSearcher":
        from tunesmith_cmaes.searcher import CmaesSearcher  # noqa: PLC0415  (heavy)

        return CmaesSearcher
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
