"""What a worker process has been told to do, and what it does next.

One trial at a time. While a trial stands still for a decision, only commands about it are taken
up; launches behind it wait, and can be recalled.
"""

from collections import deque

import msgspec

from tunesmith.protocols.commands import ExecutorCommand, Launch, Stop, TrialCommand
from tunesmith.protocols.events import AnyEvent, TrialEnded, TrialPaused


class Verdict(msgspec.Struct, frozen=True):
    """What follows from a command at once: an event to send, or the running trial to interrupt."""

    event: AnyEvent | None = None
    interrupt: Stop | None = None


class Desk:
    """Orders the commands of one worker. Not thread-safe: its owner holds a lock."""

    def __init__(self) -> None:
        self._launches: deque[Launch] = deque()
        self._controls: deque[ExecutorCommand] = deque()
        self._current: TrialCommand | None = None
        self.running = False

    @property
    def idle(self) -> bool:
        """Whether nothing runs and nothing can be taken up until the driver says more."""
        if self.running or self._controls:
            return False
        return self._current is not None or not self._launches

    @property
    def urged(self) -> bool:
        """Whether there is a command about the trial that has begun."""
        return bool(self._controls)

    def put(self, command: ExecutorCommand, *, at: float) -> Verdict:
        """Accept a command; say what must happen at once."""
        if isinstance(command, Launch):
            self._launches.append(command)
            return Verdict()
        if self._current is not None and _same_attempt(command, self._current):
            self._controls.append(command)
            if isinstance(command, Stop) and self.running:
                return Verdict(interrupt=command)
            return Verdict()
        if isinstance(command, Stop):
            return Verdict(event=self._unlaunch(command, at))
        return Verdict()

    def take(self) -> ExecutorCommand | None:
        """Return the command to carry out next, or None."""
        if self._controls:
            self.running = True
            return self._controls.popleft()
        if self._current is None and self._launches:
            launch = self._launches.popleft()
            self._current, self.running = launch, True
            return launch
        return None

    def done(self, last: AnyEvent | None) -> None:
        """Note that the command taken last has been carried out; `last` is its last event."""
        self.running = False
        if isinstance(last, TrialEnded | TrialPaused):
            self._current = None
            self._controls.clear()

    def recall(self) -> tuple[str, ...]:
        """Give up every launch that has not begun and return the trials' ids, in order."""
        trials = tuple(launch.trial for launch in self._launches)
        self._launches.clear()
        return trials

    def _unlaunch(self, stop: Stop, at: float) -> AnyEvent | None:
        for launch in self._launches:
            if _same_attempt(stop, launch):
                self._launches.remove(launch)
                return TrialEnded(
                    at=at,
                    trial=stop.trial,
                    attempt=stop.attempt,
                    outcome=stop.outcome,
                    reason=stop.reason,
                )
        return None


def _same_attempt(left: TrialCommand, right: TrialCommand) -> bool:
    return left.trial == right.trial and left.attempt == right.attempt
