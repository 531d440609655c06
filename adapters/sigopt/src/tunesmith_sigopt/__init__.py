"""SigOpt as a tunesmith searcher; importing this package does not import sigoptlite."""

from typing import Any

__all__ = ["SigoptSearcher"]


def __getattr__(name: str) -> Any:
    """Import the searcher, and with it sigoptlite, when it is first asked for."""
    if name == "SigoptSearcher":
        from tunesmith_sigopt.searcher import SigoptSearcher  # noqa: PLC0415  (heavy)

        return SigoptSearcher
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
