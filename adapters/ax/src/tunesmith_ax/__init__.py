"""Ax as a tunesmith searcher; importing this package imports neither Ax nor torch."""

from typing import Any

__all__ = ["AxSearcher"]


def __getattr__(name: str) -> Any:
    """Import the searcher, and with it Ax, when it is first asked for."""
    if name == "AxSearcher":
        from tunesmith_ax.searcher import AxSearcher  # noqa: PLC0415  (heavy)

        return AxSearcher
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
