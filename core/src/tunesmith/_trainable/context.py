"""What training code may ask about the trial it runs in."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tunesmith._trainable.session import Assignment, Session
from tunesmith.protocols.resources import Resources
from tunesmith.protocols.trial import Config


class TrialContext:
    """The running trial. Outside a run it describes a trial "0000" in a temporary folder."""

    def __init__(self, session: Session | None) -> None:
        self._session = session

    def __repr__(self) -> str:
        return f"TrialContext(trial_id={self.trial_id!r}, attempt={self.attempt!r})"

    @property
    def trial_id(self) -> str:
        """The trial's id, e.g. "0007"."""
        return self._assignment.trial

    @property
    def attempt(self) -> int:
        """How often the trial has been launched, this time included."""
        return self._assignment.attempt

    @property
    def experiment(self) -> str:
        """The experiment's name."""
        return self._assignment.experiment

    @property
    def config(self) -> Config:
        """The trial's configuration."""
        return self._assignment.config

    @property
    def resources(self) -> Resources:
        """What the trial holds; its first bundle is for the training code itself."""
        return self._assignment.resources or Resources()

    @property
    def iteration(self) -> int:
        """How often the trial has reported, over all its attempts."""
        return self._session.progress.iteration if self._session else 0

    @property
    def is_stopping(self) -> bool:
        """Whether the trial will end at its next report: a long epoch may be cut short."""
        session = self._session
        return session is not None and (session.closed or session.stopping is not None)

    @property
    def folder(self) -> Path:
        """The trial's own folder; it exists once this was asked for."""
        folder = Path(self._session.folder) if self._session else _standalone_folder()
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def scratch(self, name: str = "checkpoint") -> Path:
        """Return an existing folder for files on their way into a checkpoint.

        A checkpoint reported from here is moved, not copied.
        """
        folder = self.folder / "scratch" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @property
    def _assignment(self) -> Assignment:
        return self._session.assignment if self._session else _STANDALONE


_STANDALONE = Assignment(trial="0000", attempt=0, config={}, folder="")
_folders: list[tempfile.TemporaryDirectory[str]] = []


def _standalone_folder() -> Path:
    if not _folders:
        # Kept in a list so that it lives as long as the process and is removed with it.
        _folders.append(
            tempfile.TemporaryDirectory(prefix="tunesmith-", ignore_cleanup_errors=True)
        )
    return Path(_folders[0].name)
