"""Dragonfly as a tunesmith searcher; importing this package does not import Dragonfly."""

from typing import Any

__all__ = ["DragonflySearcher"]


def __getattr__(name: str) -> Any:
    """Import the searcher, and with it Dragonfly, when it is first asked for."""
    if name == "DragonflySearcher":
        from tunesmith_dragonfly.searcher import DragonflySearcher  # noqa: PLC0415  (heavy)

        return DragonflySearcher
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
