"""A Gaussian process as a tunesmith searcher; importing this package does not import NumPy."""

from typing import Any

__all__ = ["GaussianProcessSearcher"]


def __getattr__(name: str) -> Any:
    """Import the searcher, and with it NumPy and SciPy, when it is first asked for."""
    if name == "GaussianProcessSearcher":
        from tunesmith_gp.searcher import GaussianProcessSearcher  # noqa: PLC0415  (heavy)

        return GaussianProcessSearcher
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
