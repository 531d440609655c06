"""FLAML's CFO and BlendSearch as searchers; importing this package does not import FLAML."""

from typing import Any

__all__ = ["BlendSearchSearcher", "CfoSearcher"]


def __getattr__(name: str) -> Any:
    """Import the searchers, and with them FLAML, when one is first asked for."""
    if name in __all__:
        from tunesmith_flaml import searcher  # noqa: PLC0415  (heavy)

        return getattr(searcher, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
