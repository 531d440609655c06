"""Make one trial's trainable after another in one process, keeping warm what can be reused."""

from __future__ import annotations

import functools
from typing import Any

from tunesmith._trainable.form import TrainableForm
from tunesmith._trainable.function import DirectTrainable, FunctionTrainable
from tunesmith._trainable.generator import GeneratorTrainable
from tunesmith._trainable.runner import Runner
from tunesmith._trainable.session import Session, enter, leave
from tunesmith._trainable.stateful import ClassTrainable
from tunesmith.protocols.trainable import Trainable

_FUNCTIONS = (DirectTrainable, FunctionTrainable)


class TrainableHost:
    """Holds the resolved training code, a thread for functions, an object for classes.

    A function's first trial runs in the thread. If it only returned a value, the later ones are
    called directly, which is several times as fast.
    """

    def __init__(self, form: TrainableForm) -> None:
        self._form = form
        self._code, self._parameters = form.resolve()
        self._bound = (
            functools.partial(self._code, **self._parameters) if self._parameters else self._code
        )
        self._runner: Runner | None = None
        self._subject: Any = None
        self._direct = False
        self._current: Trainable | None = None

    def open(self, session: Session) -> Trainable:
        """Return the trainable of a new attempt; exceptions of user code pass through."""
        if self._form.kind == "class":
            self._current = self._open_class(session)
        elif self._form.kind == "generator":
            self._current = GeneratorTrainable(self._bound(session.assignment.config), session)
        elif self._direct:
            self._current = DirectTrainable(self._bound, session)
        else:
            if self._runner is None or self._runner.abandoned:
                self._runner = Runner()
            self._current = FunctionTrainable(self._bound, session, self._runner)
        return self._current

    def release(self, session: Session, *, healthy: bool) -> None:
        """Close the attempt's trainable; learn from it if it came to an end by itself.

        Exceptions of user code pass through.
        """
        trainable, self._current = self._current, None
        if isinstance(trainable, _FUNCTIONS):
            if trainable.reported:
                self._direct = False
            elif healthy and trainable.ending:
                self._direct = True
        try:
            if trainable is not None:
                trainable.close()
        except BaseException:
            healthy = False
            raise
        finally:
            is_kept = healthy and hasattr(self._subject, "reset_config")
            if self._subject is not None and not is_kept:
                self._discard(session)

    def close(self) -> None:
        """Give up the thread and the object."""
        if self._runner is not None:
            self._runner.retire()
            self._runner = None
        self._discard(None)

    def _open_class(self, session: Session) -> Trainable:
        token = enter(session)
        try:
            config = session.assignment.config
            if self._subject is None or not self._subject.reset_config(config):
                self._discard(None)
                self._subject = self._code()
                self._subject.setup(config, **self._parameters)
            # A class without load_checkpoint hands its checkpoints over with its reports, and reads
            # tune.get_checkpoint() itself.
            if hasattr(self._subject, "load_checkpoint") and (found := session.read_checkpoint()):
                state = found.to_dict() if found.is_returned else str(found.path)
                self._subject.load_checkpoint(state)
        finally:
            leave(token)
        return ClassTrainable(self._subject, session)

    def _discard(self, session: Session | None) -> None:
        subject, self._subject = self._subject, None
        cleanup = getattr(subject, "cleanup", None)
        if cleanup is None:
            return
        token = enter(session) if session is not None else None
        try:
            cleanup()
        finally:
            if token is not None:
                leave(token)
