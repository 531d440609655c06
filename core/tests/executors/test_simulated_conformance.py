"""The simulated executor does what every executor must do."""

from tunesmith._executors.simulated import SimulatedExecutor
from tunesmith.protocols import Executor, ExecutorContext
from tunesmith.testing.executors import ExecutorConformance


class TestSimulatedExecutor(ExecutorConformance):
    """Two simulated workers, where every report takes a second."""

    def make(self, context: ExecutorContext) -> Executor:
        return SimulatedExecutor(context, workers=2, time_metric="training_iteration")


class TestSlowSimulatedExecutor(ExecutorConformance):
    """The same where everything takes its time."""

    def make(self, context: ExecutorContext) -> Executor:
        return SimulatedExecutor(
            context,
            workers=2,
            time_metric="training_iteration",
            start_delay_s=0.25,
            stop_delay_s=0.5,
            checkpoint_delay_s=0.125,
            straggler_sd=0.5,
        )
