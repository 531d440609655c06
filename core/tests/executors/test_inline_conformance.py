"""The inline executor does what every executor must do."""

from tunesmith._executors.inline import InlineExecutor
from tunesmith.protocols import Executor, ExecutorContext
from tunesmith.testing.executors import ExecutorConformance


class TestInlineExecutor(ExecutorConformance):
    """Two trials take turns in this process."""

    def make(self, context: ExecutorContext) -> Executor:
        return InlineExecutor(context, slots=2)
