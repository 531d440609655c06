"""The callback protocol: watch an experiment."""

from typing import Any

from tunesmith.protocols.checkpoint import Checkpoint
from tunesmith.protocols.result import Result
from tunesmith.protocols.trial import TrialView


class Callback:
    """An object with any of these methods; no base class is needed, this one documents them.

    They are called in the driver's process after the events behind them are durable. One that
    raises is reported once, is not called again, and never harms the run.
    """

    def on_experiment_start(self, experiment: Any) -> None:
        """The run folder exists; nothing has been launched."""

    def on_trial_start(self, trial: TrialView) -> None:
        """An attempt began to run."""

    def on_result(self, trial: TrialView, result: Result) -> None:
        """The trial reported."""

    def on_checkpoint(self, trial: TrialView, checkpoint: Checkpoint) -> None:
        """A checkpoint became durable."""

    def on_trial_end(self, trial: TrialView) -> None:
        """The trial completed, was stopped, or failed for good."""

    def on_experiment_end(self, results: Any) -> None:
        """The run is over."""
