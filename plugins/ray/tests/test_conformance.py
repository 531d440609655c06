"""The Ray executor keeps what every executor promises."""

from tunesmith.protocols import Executor, ExecutorContext
from tunesmith.testing.executors import ExecutorConformance
from tunesmith_ray import RayExecutor


class TestRayExecutor(ExecutorConformance):
    """All scenarios that the other executors pass too."""

    in_process = False
    slots = 2

    def make(self, context: ExecutorContext) -> Executor:
        """Return an executor on the Ray of the session."""
        return RayExecutor(context, prefetch=1)
