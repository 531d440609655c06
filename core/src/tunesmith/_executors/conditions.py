"""What a simulated cluster is like: its delays, its slow workers, its losses."""

from __future__ import annotations

from math import inf, isfinite, log
from random import Random

import msgspec

from tunesmith.errors import UsageError

LOSSES_IN_WINDOW = 4
"""How many losses are drawn together, on average."""


class Conditions(msgspec.Struct, frozen=True, kw_only=True):
    """Delays in simulated seconds, and chances drawn from `seed` for each trial on its own.

    Stragglers and drop-outs are those of arXiv 1810.05934, appendix A.1: a trial's training takes
    1 + |z| times as long, z from a normal distribution with deviation `straggler_sd`; within each
    second, whatever runs is lost with `drop_probability`.
    """

    start_delay_s: float = 0.0
    stop_delay_s: float = 0.0
    checkpoint_delay_s: float = 0.0
    straggler_sd: float = 0.0
    drop_probability: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("start_delay_s", "stop_delay_s", "checkpoint_delay_s", "straggler_sd"):
            value = getattr(self, name)
            if not (_is_number(value) and value >= 0 and isfinite(value)):
                raise UsageError(
                    f"simulated executor: {name}={value!r}: expected a finite number, 0 or more"
                )
        chance = self.drop_probability
        if not (_is_number(chance) and 0 <= chance < 1):
            raise UsageError(
                f"simulated executor: drop_probability={chance!r}: expected the chance of being "
                "lost within a second, at least 0 and below 1"
            )

    def slowdown(self, trial: str) -> float:
        """Return how many times as long as reported the trial's training takes."""
        if not self.straggler_sd:
            return 1.0
        return 1.0 + abs(self._rng("straggler", trial).gauss(0.0, self.straggler_sd))

    def lost_at(self, trial: str, now: float) -> float:
        """Return the next time after `now` at which the trial is lost if it runs then.

        These times are a Poisson process over the clock, drawn window by window: they are the same
        whenever, and as which attempt, the trial was started.
        """
        if not self.drop_probability:
            return inf
        rate = -log(1.0 - self.drop_probability)
        length = LOSSES_IN_WINDOW / rate
        window = int(now // length)
        while True:
            rng, at = self._rng("drop", trial, window), window * length
            window += 1
            while (at := at + rng.expovariate(rate)) < window * length:
                if at > now:
                    return at

    def _rng(self, *what: object) -> Random:
        # A text as seed is hashed the same way everywhere; no trial depends on another's draws.
        return Random(f"{self.seed}/{'/'.join(map(str, what))}")  # noqa: S311


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
