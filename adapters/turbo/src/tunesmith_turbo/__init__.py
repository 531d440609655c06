"""TuRBO as a tunesmith searcher; importing this package does not import torch."""

from typing import Any

__all__ = ["TurboSearcher"]


def __getattr__(name: str) -> Any:
    """Import the searcher, and with it torch, when it is first asked for."""
    if name == "TurboSearcher":
        from tunesmith_turbo.searcher import TurboSearcher  # noqa: PLC0415  (heavy)

        return TurboSearcher
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
