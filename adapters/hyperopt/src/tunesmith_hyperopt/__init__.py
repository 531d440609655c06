"""Hyperopt as a tunesmith searcher; importing this package does not import Hyperopt."""

from typing import Any

__all__ = ["HyperoptSearcher"]


def __getattr__(name: str) -> Any:
    """Import the searcher, and with it Hyperopt, when it is first asked for."""
    if name == "HyperoptSearcher":
        from tunesmith_hyperopt.searcher import HyperoptSearcher  # noqa: PLC0415  (heavy)

        return HyperoptSearcher
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
