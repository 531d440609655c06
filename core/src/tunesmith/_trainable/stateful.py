"""Classes as trainables: `setup`, `step`, `save_checkpoint`, `load_checkpoint`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from tunesmith._trainable import checkpoint
from tunesmith._trainable.generator import save_offer
from tunesmith._trainable.session import Session, enter, leave
from tunesmith.errors import TrialError
from tunesmith.protocols.result import Metrics


class ClassTrainable:
    """Steps an object of the user's class; it is set up and loaded by its host."""

    def __init__(self, subject: Any, session: Session) -> None:
        self._subject = subject
        self._session = session
        self._savable = hasattr(subject, "save_checkpoint")
        self.ending = False

    @property
    def saves(self) -> bool:
        """Whether the class can save itself, or the last report came with a checkpoint."""
        return self._savable or self._session.progress.offer is not None

    def step(self) -> Metrics | None:
        """Call `step`; None from it, or "done" among its metrics, means that training is over."""
        if self.ending:
            return None
        token = enter(self._session)
        try:
            value = self._subject.step()
            if value is None:
                self.ending = True
                return None
            self.ending = isinstance(value, Mapping) and value.get("done") is True
            return self._session.record(value)
        finally:
            leave(token)

    def save(self, directory: str) -> bool:
        """Call `save_checkpoint`, or write what the last report came with."""
        if not self._savable:
            return save_offer(self._session, directory)
        token = enter(self._session)
        try:
            returned = self._subject.save_checkpoint(directory)
        finally:
            leave(token)
        _take(returned, directory)
        return True

    def close(self) -> None:
        """Leave the object to its host, which may reuse it for the next trial."""
        self.ending = True


def _take(returned: Any, directory: str) -> None:
    """Keep the dict that `save_checkpoint` returned; refuse what would be no checkpoint.

    Raises:
        TrialError: It wrote no file and returned no dict, or files elsewhere.
    """
    if isinstance(returned, Mapping):
        checkpoint.pickle_state(returned, os.path.join(directory, checkpoint.RETURNED))
        return
    if returned is not None and not _names_place_in(returned, directory):
        raise TrialError(
            f"save_checkpoint() returned {returned!r:.80} of type {type(returned).__name__}: "
            "expected nothing, or a dict. Write files into the directory that it is given, or "
            "return a dict, which load_checkpoint() gets"
        )
    if not os.listdir(directory):
        raise TrialError(
            f"save_checkpoint() wrote no file and returned {returned!r:.80}: expected files in "
            "the directory that it is given, or a dict. Save the state there, or remove "
            "save_checkpoint() and load_checkpoint()"
        )


def _names_place_in(returned: Any, directory: str) -> bool:
    is_path = isinstance(returned, str | os.PathLike)
    return is_path and checkpoint.is_within(os.fspath(returned), directory)
