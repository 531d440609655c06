"""Whether a searcher finds more than chance does: beyond what every searcher must keep to.

def test_it_beats_random_search():
    assert_beats_random(Lab, trials=30)
"""

from __future__ import annotations

from random import Random
from statistics import median
from typing import Any

from tunesmith.protocols import Config
from tunesmith.testing.labs import Lab

REPEATS = 49
"""How many random searches each seed's result is held against."""


def assert_beats_random(
    lab: type[Lab],
    *,
    trials: int,
    k_of_n: tuple[int, int] = (8, 10),
    pending: int = 0,
    **others: Any,
) -> None:
    """Run a searcher on `n` seeds; in `k` of them it must beat the median of random searches.

    A run is worth the least first loss among its `trials`, of which `pending` are in flight at any
    time; a random search has as many trials. A searcher that is no better than random wins a seed
    with a probability of one half: 8 of 10 with .055, 5 of 5 with .031. `others` are the lab's
    own arguments: its space, the searcher's options.
    """
    wanted, seeds = k_of_n
    pairs = [_pair(lab(seed=seed, **others), seed, trials, pending) for seed in range(seeds)]
    wins = sum(found < drawn for found, drawn in pairs)
    shown = ", ".join(f"{found:.3g} against {drawn:.3g}" for found, drawn in pairs)
    assert wins >= wanted, (
        f"{lab.name!r} beat random search on {wins} of {seeds} seeds, not on {wanted}: {shown}"
    )


def _pair(lab: Lab, seed: int, trials: int, pending: int) -> tuple[float, float]:
    """Return the best loss that the searcher found, and the median of random searches'."""
    found = _best(lab, lab.run(trials, pending=pending))
    return found, median(_best(lab, _draws(lab, seed, i, trials)) for i in range(REPEATS))


def _draws(lab: Lab, seed: int, repeat: int, trials: int) -> list[Config]:
    chance = Random(f"{seed} {repeat}")  # noqa: S311 (the same each time)
    return [lab.problem.space.draw(chance) for _ in range(trials)]


def _best(lab: Lab, configs: list[Config]) -> float:
    return min(lab.losses(config)[0] for config in configs)
