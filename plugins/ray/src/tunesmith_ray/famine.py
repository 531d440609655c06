"""Runs that get no worker because others hold what a trial needs, and nobody says so."""

import logging
import time
from collections.abc import Callable, Mapping

import ray

from tunesmith_ray.crew import Crew
from tunesmith_ray.demand import scarcity

WORD_S = 30.0
"""How long the first trial waits for its worker before a word is said."""

END_S = 600.0
"""The same before a run within a trial is given up: the trial may be what it waits for."""

_NESTED = (
    "This run is part of a trial of another one, which takes room on the same Ray: give it "
    "executor='inline', or the outer run a max_concurrent= or resources= that leave room"
)
_SHARED = "What else uses this Ray holds the rest; the run goes on once that is over"

_logger = logging.getLogger("tunesmith.ray")


class Famine:
    """Says so where the trials of a crew have waited for their first worker for long."""

    def __init__(
        self,
        free: Callable[[], Mapping[str, float]],
        *,
        nested: bool,
        patience_s: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._free = free
        self._is_nested = nested
        self._end_s = max(END_S, patience_s)
        self._clock = clock
        self._since: float | None = None
        self._look_at = WORD_S
        self._is_over = False

    @classmethod
    def here(cls, patience_s: float) -> "Famine":
        """Return one for the Ray that this process is connected to by then."""
        return cls(ray.available_resources, nested=_is_nested(), patience_s=patience_s)

    def look(self, crew: Crew) -> str:
        """Return why the run is to be given up; empty while it may go on."""
        if self._is_over:
            return ""
        self._is_over = any(link.greeting for link in crew.links)
        if self._is_over or not crew.backlog:
            self._since = None
            return ""
        now = self._clock()
        self._since = now if self._since is None else self._since
        waited = now - self._since
        if waited < self._look_at:
            return ""
        lacking = scarcity(crew.demand, self._free())
        if not lacking:  # its worker is being made
            self._look_at = waited + WORD_S
            return ""
        text = f"no trial could begin for {waited:.0f} s: {lacking}. "
        if self._is_nested and waited >= self._end_s:
            self._is_over = True
            return text + _NESTED
        _logger.warning("%s", text + (_NESTED if self._is_nested else _SHARED))
        self._is_over = not self._is_nested
        self._look_at = self._end_s
        return ""


def _is_nested() -> bool:
    """Tell whether this process is a worker of Ray's."""
    if not ray.is_initialized():
        return False
    return bool(ray.get_runtime_context().worker.mode == ray.WORKER_MODE)
