"""One attempt at one trial, held by a worker."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager

from tunesmith._trainable import checkpoint as checkpoints
from tunesmith._trainable.fork import end_child
from tunesmith._trainable.host import TrainableHost
from tunesmith._trainable.session import Session
from tunesmith._trainable.stateful import ClassTrainable
from tunesmith.errors import TrialError
from tunesmith.protocols.checkpoint import Checkpoint
from tunesmith.protocols.commands import Launch
from tunesmith.protocols.result import Metrics, Report
from tunesmith.protocols.trainable import Trainable


class Attempt:
    """Drives the trainable of one launch: step by step, with its checkpoints.

    Training code runs within `output`. Every method that runs it lets its exceptions pass.
    """

    def __init__(
        self, launch: Launch, session: Session, output: AbstractContextManager[None]
    ) -> None:
        self.launch = launch
        self.session = session
        self.seen = launch.seen
        self.broken = False
        self._host: TrainableHost | None = None
        self._trainable: Trainable | None = None
        self._output = output
        self._metrics: Metrics = {}
        self._saved_at = launch.checkpoint.resource if launch.checkpoint else 0.0
        session.until = launch.until

    @property
    def keeps_state(self) -> bool:
        """Whether the training code can be saved at any time, and is still fit to be."""
        return isinstance(self._trainable, ClassTrainable) and not self.broken

    @property
    def ending(self) -> bool:
        """Whether no training code needs to run any more until the attempt's end."""
        if self.session.stopping is not None:
            return True
        return self._trainable is not None and self._trainable.ending

    @property
    def saves(self) -> bool:
        """Whether it can be saved now, was saved before, or shall be where it can."""
        policy = self.session.assignment.policy
        if policy.at_decision or policy.every is not None or self.session.checkpoint is not None:
            return True
        return self._trainable is not None and self._trainable.saves

    def open(self, host: Callable[[], TrainableHost]) -> None:
        """Set the training code up."""
        with self._output:
            self._host = host()
            self._trainable = self._host.open(self.session)

    def known_report(self) -> Report | None:
        """Return the report that the launch's checkpoint belongs to, if nobody knows it yet."""
        found = self.launch.checkpoint
        if found is None or self.session.checkpoint is None:
            return None
        if found.trial != self.launch.trial or found.resource <= self.seen:
            return None
        self._metrics = self.session.checkpoint.metadata()["metrics"]
        return Report(found.resource, self._metrics)

    def step(self) -> Report | None:
        """Train up to the next report and return it; None when training is over.

        Quitting the debugger in training code is the same as Ctrl-C there.

        Raises:
            TrialError: Training is over and nothing was ever reported.
        """
        trainable = self._trainable
        if trainable is None:
            return None
        metrics = None if trainable.ending else self._trained(trainable)
        if metrics is None:
            if self.session.progress.iteration == 0:
                raise TrialError(
                    'training code returned without reporting: return a number or {"loss": ...}, '
                    "yield metrics, or call tune.report({...})"
                )
            return None
        self._metrics = metrics
        return Report(self.session.progress.resource, metrics)

    def _trained(self, trainable: Trainable) -> Metrics | None:
        self.session.start_clock()
        with self._output:
            try:
                metrics = trainable.step()
            except BaseException as error:
                end_child(self.session.home, error)
                if type(error).__name__ == "BdbQuit":
                    raise KeyboardInterrupt("the debugger was quit") from error
                raise
        end_child(self.session.home, None)
        return metrics

    def wanted(self, *, waiting: bool) -> bool:
        """Tell whether a checkpoint shall be saved with the report that was just made."""
        progress, policy = self.session.progress, self.session.assignment.policy
        if progress.offer is not None:
            return True
        if self._trainable is None or not self._trainable.saves:
            return False
        due = policy.every is not None and progress.iteration % policy.every == 0
        return due or (policy.at_decision and waiting)

    def save(self) -> Checkpoint | None:
        """Save a checkpoint of the newest report; None if there is one, or nothing to save."""
        progress = self.session.progress
        if self._trainable is None or not self._trainable.saves:
            return None
        if progress.iteration == 0 or progress.resource <= self._saved_at:
            return None
        folder, trial = self.session.assignment.folder, self.launch.trial
        name = f"{progress.iteration:06d}-a{self.launch.attempt}"
        with self._output:
            saved = checkpoints.write(
                folder,
                Checkpoint(
                    trial=trial,
                    resource=progress.resource,
                    path=f"trials/{trial}/checkpoints/{name}",
                    iteration=progress.iteration,
                    elapsed_s=progress.elapsed_s,
                ),
                self._metrics,
                self._trainable.save,
            )
        if saved is not None:
            self._saved_at = progress.resource
            self.session.checkpoint = checkpoints.SavedCheckpoint(os.path.join(folder, saved.path))
        return saved

    def close(self, *, healthy: bool) -> None:
        """Unwind the training code and release what it holds."""
        self.session.close()
        if self._host is not None:
            with self._output:
                self._host.release(self.session, healthy=healthy)
