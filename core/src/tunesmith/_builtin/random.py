"""Random search (Bergstra and Bengio, JMLR 13, 2012): the baseline for all others."""

import json

from tunesmith.protocols import Config, Observation, Problem


class RandomSearcher:
    """Draw every configuration independently from the space's own distribution."""

    def __init__(self, problem: Problem) -> None:
        self._space = problem.space
        self._rng = problem.rng("random-searcher")

    def suggest(self, trial_id: str) -> Config:  # noqa: ARG002 (all trials are alike)
        """Return a new flat configuration."""
        return self._space.draw(self._rng)

    def observe(self, observation: Observation) -> None:
        """Learn nothing."""

    def state(self) -> bytes:
        """Return the generator's state."""
        return json.dumps(self._rng.getstate()).encode()

    def restore(self, state: bytes) -> None:
        """Continue exactly where `state` was taken."""
        version, words, gauss = json.loads(state)
        self._rng.setstate((version, tuple(words), gauss))
