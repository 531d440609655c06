"""HEBO as a tunesmith searcher; importing this package does not import HEBO."""

from typing import Any

__all__ = ["HeboSearcher"]


def __getattr__(name: str) -> Any:
    """Import the searcher, and with it HEBO and PyTorch, when it is first asked for."""
    if name == "HeboSearcher":
        from tunesmith_hebo.searcher import HeboSearcher  # noqa: PLC0415  (heavy)

        return HeboSearcher
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
