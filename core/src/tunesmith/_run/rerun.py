"""One trial of a run once more, alone and in this process: to see what it does."""

from __future__ import annotations

import contextlib
import math
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from tunesmith._executors.settings import WorkerSettings
from tunesmith._executors.worker import Worker
from tunesmith._run.results import Results
from tunesmith._trainable import location
from tunesmith._trainable.checkpoint import CheckpointPolicy
from tunesmith._trainable.form import wrap
from tunesmith.errors import UsageError
from tunesmith.protocols import Checkpoint, Report, commands
from tunesmith.protocols.events import Reported, TrialEnded
from tunesmith.space.plain import label_in


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What to run again, and how.

    `trainable` is the import path of training code, for a run that does not know its own. `until`
    is the resource at which to stop; None for where the trial was stopped in the run. `keep` is a
    new folder for what the trial writes, None for a temporary one. `on_error` is called with what
    training code raises, while its frames are still there.
    """

    trainable: str | None = None
    from_checkpoint: bool = False
    until: float | None = None
    keep: str | None = None
    on_error: Callable[[BaseException], None] | None = None


class Rerun:
    """A trial of a run, ready to be run again; the run's own folder is only read.

    Raises:
        UsageError: its training code cannot be found, or it cannot start as requested.
    """

    def __init__(self, results: Results, trial: str, request: Request) -> None:
        self.trial = results[trial.zfill(4)]
        self._results = results
        self._request = request
        if request.keep is not None:
            self._check_folder(request.keep)
        self._form = wrap(location.parse(self._import_path()).load())
        self._config = _live(self.trial.config)
        self.start = self._checkpoint() if request.from_checkpoint else None
        self.until = self._end() if request.until is None else request.until

    def run(self) -> Iterator[Report | TrialEnded]:
        """Run the trial; yield its reports, and last how it ended.

        A `KeyboardInterrupt` passes through.
        """
        with self._folder() as folder:
            worker = Worker(self._settings(folder))
            try:
                yield from self._events(worker)
            finally:
                worker.close()

    def _events(self, worker: Worker) -> Iterator[Report | TrialEnded]:
        launch = commands.Launch(
            trial=self.trial.id,
            attempt=1,
            config=self._config,
            checkpoint=self.start,
            seen=self.start.resource if self.start else 0.0,
            until=self.until,
        )
        queue: list[commands.ExecutorCommand] = [launch]
        for command in queue:
            for event in worker.handle(command):
                if isinstance(event, TrialEnded):
                    yield event
                elif isinstance(event, Reported):
                    yield from event.reports
                    if event.waiting:
                        queue.append(self._stop())

    def _stop(self) -> commands.Stop:
        reason = f"reached {self.until:g}" if self._request.until else self.trial.reason
        return commands.Stop(trial=self.trial.id, attempt=1, reason=reason, outcome="stopped")

    def _settings(self, folder: str) -> WorkerSettings:
        header = self._results.header
        metrics = [objective.metric for objective in header.objectives]
        return WorkerSettings(
            trainable=self._form,
            folder=folder,
            experiment=header.name,
            resource=header.resource,
            objective=metrics[0],
            required=dict.fromkeys(metrics, "metric"),
            checkpoint=CheckpointPolicy(at_end=self._request.keep is not None),
            on_error=self._request.on_error,
        )

    def _end(self) -> float:
        """Return where the run stopped the trial; infinity if it ended, or failed, by itself."""
        trial = self.trial
        if trial.status == "failed" or (trial.status == "completed" and not trial.reason):
            return math.inf
        return float(trial.last_metrics.get(self._results.header.resource, math.inf))

    @contextlib.contextmanager
    def _folder(self) -> Iterator[str]:
        if self._request.keep is None:
            with tempfile.TemporaryDirectory(
                prefix="tunesmith-rerun-", ignore_cleanup_errors=True
            ) as folder:
                yield folder
            return
        os.makedirs(self._request.keep, exist_ok=True)
        yield os.path.abspath(self._request.keep)

    def _check_folder(self, keep: str) -> None:
        folder = Path(keep).absolute()
        if folder.is_relative_to(self._results.path):
            raise UsageError(
                f"--keep {keep!r} lies in the run's own folder, which stays as it is; "
                "name another one"
            )
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(f"--keep {keep!r} exists already; name a new folder")

    def _import_path(self) -> str:
        header = self._results.header
        if self._request.trainable is not None:
            return self._request.trainable
        if header.importable:
            return header.trainable
        raise UsageError(
            f"the run's training code {header.trainable!r} has no import path: it was defined in "
            "the main script or within a function, or has objects bound to it\n"
            "name it here with --trainable my_module:train, or run experiments with "
            "trainable='my_module:train'"
        )

    def _checkpoint(self) -> Checkpoint:
        saved = self.trial.checkpoints
        if not saved:
            raise UsageError(
                f"trial {self.trial.id} has no checkpoint to start from; leave out "
                "--from-checkpoint"
            )
        known: dict[str, Any] = saved[-1].metadata()
        return Checkpoint(
            trial=self.trial.id,
            resource=known["resource"],
            path=str(saved[-1].path),
            iteration=known["iteration"],
            elapsed_s=known["elapsed_s"],
        )


def _live(plain: Any) -> Any:
    """Return a plain configuration with the functions and classes that its labels name."""
    label = label_in(plain)
    if label is None:
        if isinstance(plain, dict):
            return {key: _live(value) for key, value in plain.items()}
        return [_live(value) for value in plain] if isinstance(plain, list) else plain
    try:
        return location.parse(label).load()
    except UsageError as error:
        raise UsageError(
            f"the trial's configuration holds {label}, an object that the run knows by name only; "
            "to be able to run trials again, choose between names or numbers of such objects"
        ) from error
