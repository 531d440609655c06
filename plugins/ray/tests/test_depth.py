"""How many trials a worker is handed at a time."""

import math

from tunesmith_ray.depth import MAX_S, Depth
from tunesmith_ray.supply import Supply


class Steady(Supply):
    """A supply that is worth what it is said to be, to begin with any queue."""

    worth = math.inf


def depth_of(limit: int) -> Depth:
    """Return a depth where there are always plenty of trials."""
    return Depth(limit, Steady())


def fed(depth: Depth, seconds: float, times: int) -> int:
    """Return the depth after so many trials of this length."""
    for _ in range(times):
        depth.observe(seconds)
    return depth.value


def test_starts_with_one() -> None:
    """Nothing is queued before trials have proved to be short."""
    assert depth_of(16).value == 1
    assert fed(depth_of(16), 0.0001, 3) == 1


def test_grows_to_its_limit_while_trials_are_very_short() -> None:
    """Trials of a tenth of a millisecond fill the queue, up to the limit."""
    assert fed(depth_of(16), 0.0001, 30) == 16
    assert fed(depth_of(1), 0.0001, 30) == 1


def test_queues_no_more_work_than_allowed() -> None:
    """The average trials in a queue take `MAX_S` together at most."""
    value = fed(depth_of(16), 0.004, 60)
    assert 2 <= value <= MAX_S / 0.004


def test_shrinks_when_trials_become_longer() -> None:
    """Longer trials bring it back to one at a time."""
    depth = depth_of(16)
    fed(depth, 0.0001, 30)
    assert fed(depth, 0.1, 30) == 1


def test_is_worth_the_supply() -> None:
    """It follows the supply of trials, both ways, by factors of two."""
    supply = Steady()
    depth = Depth(64, supply)
    for worth, value in ((10.0, 8), (100.0, 64), (0.5, 1)):
        supply.worth = worth
        assert fed(depth, 0.0001, 30) == value


def test_one_hiccup_changes_little() -> None:
    """A single slow trial among short ones does not empty the queue."""
    depth = depth_of(16)
    fed(depth, 0.0001, 60)
    depth.observe(0.03)
    assert depth.value >= 4


def test_collapse_is_at_once() -> None:
    """A trial that turns out long ends the queueing at once."""
    depth = depth_of(16)
    fed(depth, 0.0001, 30)
    depth.collapse()
    assert depth.value == 1
