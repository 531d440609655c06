"""bayesian-optimization as a tunesmith searcher; importing this package does not import it."""

from typing import Any

__all__ = ["BayesoptSearcher"]


def __getattr__(name: str) -> Any:
    """Import the searcher, and with it the library, when it is first asked for."""
    if name == "BayesoptSearcher":
        from tunesmith_bayesopt.searcher import BayesoptSearcher  # noqa: PLC0415  (heavy)

        return BayesoptSearcher
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
