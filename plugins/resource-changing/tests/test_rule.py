"""The rules, and the arithmetic under them."""

import pytest

from tunesmith.protocols import Resources, Result, TrialView
from tunesmith_resource_changing.rule import Allotment, distribute, fits, top


def allot(usual, holds=None, *, free, total, seats=1, bests=None):
    """Return an allotment of trial 0001."""
    return Allotment(
        trial=TrialView(id="0001", config={}, status="running"),
        result=Result(resource=5.0, values=(0.5,), metrics={}),
        usual=Resources((usual,)),
        holds=Resources((holds or usual,)),
        free=free,
        total=total,
        seats=seats,
        bests=bests or {"0001": 0.5},
    )


@pytest.mark.parametrize(
    ("seats", "free", "holds", "cpus"),
    [
        (1, 7, 1, 8),  # alone: everything
        (2, 7, 1, 4),  # half of it
        (3, 7, 1, 2),  # whole multiples only
        (3, 0, 1, 1),  # a share of what others still hold comes later
        (3, 1, 1, 2),
        (4, -1, 8, 2),  # too much held: back to the share
        (9, -1, 8, 1),  # never less than usual
    ],
)
def test_distribute_gives_equal_shares_of_what_is_there(seats, free, holds, cpus):
    """A share is total / trials, rounded down, as far as it is free, and at least the usual."""
    view = allot({"cpu": 1.0}, {"cpu": holds}, free={"cpu": free}, total={"cpu": 8.0}, seats=seats)
    assert distribute(view) == Resources(({"cpu": cpus},))


@pytest.mark.parametrize(("leader", "cpus"), [("0001", 5), ("0002", 1)])
def test_top_gives_what_is_spare_to_the_best(leader, cpus):
    """The leader takes all that is free; any other falls back to the usual."""
    bests = {"0001": 0.5, "0002": 0.6} | {leader: 0.1}
    view = allot(
        {"cpu": 1.0}, {"cpu": 3.0}, free={"cpu": 2.0}, total={"cpu": 8.0}, seats=4, bests=bests
    )
    assert top(view) == Resources(({"cpu": cpus},))


def test_of_equals_the_oldest_leads():
    """A tie leaves everything with one trial, so that nobody gives way for nothing."""
    view = allot(
        {"cpu": 1.0}, free={"cpu": 2.0}, total={"cpu": 4.0}, bests={"0002": 0.5, "0001": 0.5}
    )
    assert top(view) == Resources(({"cpu": 3},))


def test_the_scarcest_resource_bounds_all():
    """CPUs and GPUs grow together, as far as both last."""
    view = allot({"cpu": 2.0, "gpu": 1.0}, free={"cpu": 8, "gpu": 2}, total={"cpu": 16, "gpu": 3})
    assert top(view) == Resources(({"cpu": 6.0, "gpu": 3.0},))


def test_what_total_does_not_name_stays_as_it_is():
    """With a total of CPUs only, a trial keeps its one GPU."""
    view = allot({"cpu": 2.0, "gpu": 1.0}, free={"cpu": 6.0}, total={"cpu": 8.0})
    assert top(view) == Resources(({"cpu": 8.0, "gpu": 1.0},))


def test_gpus_above_one_are_whole():
    """Half GPUs add up to one, then to two; never to one and a half."""
    for free, gpus in ((0.5, 1.0), (1.0, 1.0), (1.5, 2.0), (2.0, 2.0)):
        view = allot({"gpu": 0.5}, free={"gpu": free}, total={"gpu": 4.0})
        assert top(view) == Resources(({"gpu": gpus},))


def test_further_bundles_are_left_alone():
    """Only the bundle in which the training code runs grows, by what the others leave."""
    usual = Resources(({"cpu": 1.0}, {"cpu": 2.0}), "SPREAD")
    view = Allotment(
        trial=TrialView(id="0001", config={}, status="running"),
        result=Result(resource=5.0, values=(0.5,), metrics={}),
        usual=usual,
        holds=usual,
        free={"cpu": 3.0},
        total={"cpu": 6.0},
        seats=1,
        bests={"0001": 0.5},
    )
    assert distribute(view) == Resources(({"cpu": 4.0}, {"cpu": 2.0}), "SPREAD")


def test_fractions_add_up():
    """Ten times 0.1 is one, whatever floating point makes of it."""
    view = allot({"cpu": 0.1}, free={"cpu": 1.0 - 0.1}, total={"cpu": 1.0})
    assert top(view).bundles[0]["cpu"] == pytest.approx(1.0)
    assert fits({"cpu": 0.1 + 0.2}, {"cpu": 0.3})
