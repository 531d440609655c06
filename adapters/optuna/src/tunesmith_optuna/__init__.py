"""Optuna's samplers as tunesmith searchers; importing this package does not import Optuna."""

from typing import Any

__all__ = ["OptunaSearcher"]


def __getattr__(name: str) -> Any:
    """Import the searcher, and with it Optuna, when it is first asked for."""
    if name == "OptunaSearcher":
        from tunesmith_optuna.searcher import OptunaSearcher  # noqa: PLC0415  (heavy)

        return OptunaSearcher
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
