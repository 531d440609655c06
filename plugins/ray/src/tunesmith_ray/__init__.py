"""Parallel trials on one machine or a Ray cluster."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tunesmith_ray.executor import RayExecutor

__all__ = ["RayExecutor"]


def __getattr__(name: str) -> Any:
    if name == "RayExecutor":
        from tunesmith_ray.executor import RayExecutor  # noqa: PLC0415 (Ray loads on first use)

        return RayExecutor
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
