"""Population based training for tunesmith; nothing is imported before it is used."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tunesmith_pbt.factory import pbt
    from tunesmith_pbt.replay import pbt_replay

__all__ = ["pbt", "pbt_replay"]


def __getattr__(name: str) -> Any:
    """Import the factory on first use (PEP 562)."""
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    module = "factory" if name == "pbt" else "replay"
    return getattr(import_module(f"{__name__}.{module}"), name)
