"""Classes as trainables: `setup`, `step`, `save_checkpoint`, `load_checkpoint`."""

from __future__ import annotations

from typing import Any

from tunesmith._trainable.generator import save_offer
from tunesmith._trainable.session import Session, enter, leave
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
        """Call `step`; None from it means that training is over."""
        if self.ending:
            return None
        token = enter(self._session)
        try:
            value = self._subject.step()
            if value is None:
                self.ending = True
                return None
            return self._session.record(value)
        finally:
            leave(token)

    def save(self, directory: str) -> bool:
        """Call `save_checkpoint`, or write what the last report came with."""
        if not self._savable:
            return save_offer(self._session, directory)
        token = enter(self._session)
        try:
            self._subject.save_checkpoint(directory)
        finally:
            leave(token)
        return True

    def close(self) -> None:
        """Leave the object to its host, which may reuse it for the next trial."""
        self.ending = True
