"""scikit-optimize as a tunesmith searcher; importing this package does not import it."""

from typing import Any

__all__ = ["SkoptSearcher"]


def __getattr__(name: str) -> Any:
    """Import the searcher, and with it scikit-optimize, when it is first asked for."""
    if name == "SkoptSearcher":
        from tunesmith_skopt.searcher import SkoptSearcher  # noqa: PLC0415  (heavy)

        return SkoptSearcher
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
