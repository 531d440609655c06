"""How well workers are supplied with trials."""

from tunesmith_ray.supply import Supply


def supplied(
    supply: Supply, turns: int, *, trials: float, busy_s: float, idle_s: float, now: float = 100.0
) -> float:
    """Let so many trials come at once, again and again; return what their supply is worth."""
    for _ in range(turns):
        supply.note(trials, now)
        now += busy_s
        supply.note(0.0, now)
        now += idle_s
    supply.note(trials, now)
    return supply.worth


def test_a_full_queue_may_double() -> None:
    """Where there is always something to do, a queue twice as long would be filled."""
    for trials in (1.0, 4.0, 32.0):
        assert supplied(Supply(), 50, trials=trials, busy_s=0.01, idle_s=0.0) >= 2 * trials


def test_what_comes_one_by_one_is_not_queued() -> None:
    """A searcher that suggests one trial at a time is not asked for many."""
    assert supplied(Supply(), 50, trials=0.5, busy_s=0.003, idle_s=0.001) < 2


def test_what_comes_together_after_a_pause_is_not_queued() -> None:
    """A searcher that thinks for long gets no longer list of questions for answering many."""
    assert supplied(Supply(), 10, trials=16.0, busy_s=0.01, idle_s=0.5) < 2


def test_a_pause_is_forgotten() -> None:
    """A searcher that becomes fast again, or a run that was paused, gets its queue back."""
    supply = Supply()
    assert supplied(supply, 10, trials=8.0, busy_s=0.01, idle_s=0.5) < 2
    assert supplied(supply, 300, trials=8.0, busy_s=0.01, idle_s=0.0, now=200.0) >= 16
