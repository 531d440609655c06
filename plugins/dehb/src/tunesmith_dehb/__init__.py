"""DEHB for tunesmith; nothing is imported before it is used."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tunesmith_dehb.scheduler import PlannedScheduler
    from tunesmith_dehb.searcher import DehbSearcher

__all__ = ["DehbSearcher", "PlannedScheduler"]

_MODULES = {"DehbSearcher": "searcher", "PlannedScheduler": "scheduler"}


def __getattr__(name: str) -> Any:
    """Import the class on first use (PEP 562)."""
    if name not in _MODULES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
