"""Benchmarks for tunesmith's plugins; nothing is imported before it is used."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tunesmith_bench.contest import Contest, hold
    from tunesmith_bench.suite import Suite, load_suite
    from tunesmith_bench.task import Replay, Task

_HOMES = {
    "Contest": "contest",
    "Replay": "task",
    "Suite": "suite",
    "Task": "task",
    "hold": "contest",
    "load_suite": "suite",
}

__all__ = ["Contest", "Replay", "Suite", "Task", "hold", "load_suite"]


def __getattr__(name: str) -> Any:
    """Import what is asked for on first use (PEP 562)."""
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
