"""Changing resources of live trials, for tunesmith; nothing is imported before it is used."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tunesmith_resource_changing.rule import Allotment
    from tunesmith_resource_changing.scheduler import resource_changing

__all__ = ["Allotment", "resource_changing"]

_MODULES = {"Allotment": "rule", "resource_changing": "scheduler"}


def __getattr__(name: str) -> Any:
    """Import the name on first use (PEP 562)."""
    if name not in _MODULES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
