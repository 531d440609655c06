"""BOHB's sampler as a tunesmith searcher; importing this package does not import NumPy."""

from typing import Any

__all__ = ["BohbSearcher"]


def __getattr__(name: str) -> Any:
    """Import the searcher, and with it NumPy and SciPy, when it is first asked for."""
    if name == "BohbSearcher":
        from tunesmith_bohb.searcher import BohbSearcher  # noqa: PLC0415  (heavy)

        return BohbSearcher
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
