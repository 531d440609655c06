"""Generators as trainables: each yielded value is a report."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from tunesmith._trainable import checkpoint
from tunesmith._trainable.session import Session, enter, leave
from tunesmith.errors import TrialError
from tunesmith.protocols.result import Metrics


def save_offer(session: Session, directory: str) -> bool:
    """Write the checkpoint that came with the last report, if one did."""
    offer = session.progress.offer
    if offer is None:
        return False
    checkpoint.fill(directory, offer, session.folder)
    return True


class GeneratorTrainable:
    """Runs a generator in the caller's thread, from one yield to the next."""

    def __init__(self, generator: Generator[Any, Any, Any], session: Session) -> None:
        self._generator = generator
        self._session = session
        self.ending = False

    @property
    def saves(self) -> bool:
        """Whether the last report came with a checkpoint."""
        return self._session.progress.offer is not None

    def step(self) -> Metrics | None:
        """Run to the next yield; a value that the generator returns is its last report."""
        if self.ending:
            return None
        token = enter(self._session)
        try:
            return self._advance()
        finally:
            leave(token)

    def save(self, directory: str) -> bool:
        """Write the checkpoint that came with the last report."""
        return save_offer(self._session, directory)

    def close(self) -> None:
        """End the generator where it stands; its `finally` blocks run."""
        self.ending = True
        token = enter(self._session)
        try:
            self._generator.close()
        finally:
            leave(token)

    def _advance(self) -> Metrics | None:
        try:
            value = next(self._generator)
        except StopIteration as end:
            self.ending = True
            return None if end.value is None else self._session.record(end.value)
        try:
            return self._session.record(value)
        except TrialError as error:
            # Raised at the yield, so that the traceback shows the line that is to be changed.
            self._generator.throw(error)
            raise
