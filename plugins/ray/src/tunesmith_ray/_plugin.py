"""Tells tunesmith that this package brings the executor "ray"."""

from tunesmith.plugins import ExecutorSpec, hookimpl


@hookimpl
def tunesmith_executors() -> list[ExecutorSpec]:
    """Return the one executor of this package."""
    return [
        ExecutorSpec(
            name="ray",
            factory="tunesmith_ray.executor:RayExecutor",
            api="1.0",
            summary="Parallel trials on a local Ray or a Ray cluster, in warm worker processes",
            wraps="ray",
            preference=100,
        )
    ]
