"""ZOOpt's sequential RACOS as a searcher; importing this package does not import ZOOpt."""

from typing import Any

__all__ = ["ZooptSearcher"]


def __getattr__(name: str) -> Any:
    """Import the searcher, and with it ZOOpt, when it is first asked for."""
    if name == "ZooptSearcher":
        from tunesmith_zoopt.searcher import ZooptSearcher  # noqa: PLC0415  (heavy)

        return ZooptSearcher
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
