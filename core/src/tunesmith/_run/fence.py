"""The executor behind a fence: its failures named, and told from ours."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from tunesmith.errors import PluginError, TunesmithError
from tunesmith.protocols import Executor
from tunesmith.protocols.commands import ExecutorCommand, Launch
from tunesmith.protocols.events import AnyEvent, Event, TrialEvent


class ExecutorFailure(PluginError):
    """The executor raised, and can run nothing any more; the message names it and the call."""


class FencedExecutor:
    """Is the executor; what it raises comes out as `ExecutorFailure`, and nothing as it closes."""

    def __init__(self, executor: Executor, name: str) -> None:
        self._executor, self._name = executor, name
        self.now, self.wake = executor.now, executor.wake
        self.slots: int | None = getattr(executor, "slots", None)
        self._launched: set[str] = set()

    def submit(self, commands: Sequence[ExecutorCommand]) -> None:
        """Take commands, in order, without waiting for their effects."""
        for command in commands:
            if type(command) is Launch:
                self._launched.add(command.trial)
        self._call(self._executor.submit, commands)

    def poll(self, deadline: float | None) -> Sequence[AnyEvent]:
        """Wait for events until one comes, `wake` is called, or the clock reaches `deadline`."""
        events: Any = self._call(self._executor.poll, deadline)
        if type(events) is not list and not isinstance(events, Sequence):
            raise self._misfit(events, "a list of events")
        for event in events:
            if not isinstance(event, Event):
                raise self._misfit(event, "an event, as in tunesmith.protocols.events")
            if isinstance(event, TrialEvent) and event.trial not in self._launched:
                raise self._misfit(event, "events about trials that were launched")
        return events

    def close(self) -> None:
        """Give resources back; what came of the run is worth more than an error in that."""
        try:
            self._executor.close()
        except Exception:
            logging.getLogger("tunesmith").exception("executor %r failed in close()", self._name)

    def _misfit(self, answer: object, expected: str) -> ExecutorFailure:
        return ExecutorFailure(
            f"executor {self._name!r} answered {answer!r:.200} to poll(); expected {expected}"
        )

    def _call(self, method: Callable[[Any], Any], argument: Any) -> Any:
        try:
            return method(argument)
        except TunesmithError:
            raise
        except Exception as error:
            raise ExecutorFailure(
                f"executor {self._name!r} failed in {method.__name__}():"
                f" {type(error).__name__}: {error}"
            ) from error
