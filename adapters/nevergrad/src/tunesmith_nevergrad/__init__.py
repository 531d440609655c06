"""Nevergrad as a tunesmith searcher; importing this package does not import Nevergrad."""

from typing import Any

__all__ = ["NevergradSearcher"]


def __getattr__(name: str) -> Any:
    """Import the searcher, and with it Nevergrad, when it is first asked for."""
    if name == "NevergradSearcher":
        from tunesmith_nevergrad.searcher import NevergradSearcher  # noqa: PLC0415  (heavy)

        return NevergradSearcher
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
