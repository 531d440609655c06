"""SMAC as a tunesmith searcher; importing this package does not import smac."""

from typing import Any

__all__ = ["SmacSearcher"]


def __getattr__(name: str) -> Any:
    """Import the searcher, and with it smac, when it is first asked for."""
    if name == "SmacSearcher":
        from tunesmith_smac.searcher import SmacSearcher  # noqa: PLC0415  (heavy)

        return SmacSearcher
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
