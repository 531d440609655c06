"""The searcher protocol: propose configurations, learn from observations."""

from typing import Protocol

from tunesmith.protocols.observation import Observation
from tunesmith.protocols.trial import Config


class SearchExhausted(Exception):
    """Raised by `suggest` when no further suggestion will ever come."""


class Searcher(Protocol):
    """Made once by `factory(problem, **options)`; called from one thread at a time.

    Optional methods: `adopt(trial_id, config)` (this trial is under way although its configuration
    came from elsewhere: it is pending like any other), `state() -> bytes` and `restore(bytes)` (a
    restored searcher's next suggestions equal the uninterrupted one's), and
    `suggest_batch(trial_ids) -> list[Config | None]`: called in place of `suggest` where several
    trials are asked for at once, it answers for each. `suggest` is still called for a single trial,
    and for one whose suggestion was infeasible. (A searcher that is told values `aligned` is always
    asked for one trial at a time.)
    Optional attribute `pace`: overrules its spec's, where that depends on the options.
    """

    def suggest(self, trial_id: str) -> Config | None:
        """Return a flat configuration, or None: nothing until more is observed."""
        ...

    def observe(self, observation: Observation) -> None:
        """Learn one fact. It may be about a trial this searcher never suggested."""
        ...
