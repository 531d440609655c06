"""Population based bandits for tunesmith; nothing is imported before it is used."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tunesmith_pb2.scheduler import pb2

__all__ = ["pb2"]


def __getattr__(name: str) -> Any:
    """Import the factory on first use (PEP 562)."""
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.scheduler"), name)
