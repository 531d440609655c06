"""Which trial is trained how far."""

from math import inf

import pytest

from tunesmith.errors import UsageError
from tunesmith.protocols import Continue, Result, Stop, TrialView
from tunesmith.testing.schedulers import SchedulerConformance
from tunesmith.testing.shims import ShimConformance
from tunesmith_dehb.plan import plan_for
from tunesmith_dehb.scheduler import PlannedScheduler


class TestShim(ShimConformance):
    """The packaging keeps to what every plugin must."""

    dist = "tunesmith-dehb"


class TestConformance(SchedulerConformance):
    """The plan keeps to what every scheduler must."""

    scheduler = "dehb"


def test_an_iteration_is_that_of_hyperband(make_problem):
    """R=81, η=3: brackets of 81, 34, 15, 8 and 5 trials at 1, 3, 9, 27 and 81, and their rungs."""
    plan = plan_for(make_problem(81), None, 1, 3)
    assert plan.levels == (1, 3, 9, 27, 81)
    sizes = [(plan.levels[rung.level], rung.size) for rung in plan.rungs]
    assert sizes == [
        *[(1, 81), (3, 27), (9, 9), (27, 3), (81, 1)],
        *[(3, 34), (9, 11), (27, 3), (81, 1)],
        *[(9, 15), (27, 5), (81, 1)],
        *[(27, 8), (81, 2)],
        *[(81, 5)],
    ]
    assert [plan.capacity(level) for level in range(5)] == [81, 34, 15, 8, 5]
    assert plan.seeds == 121


def test_places_follow_one_another_and_repeat(make_problem):
    """Numbers run through the rungs in order; after the last bracket comes the first again."""
    plan = plan_for(make_problem(9), None, 1, 3)
    expected = [rung for rung in plan.rungs for _ in range(rung.size)]
    total = len(expected)
    assert [plan.place(number).rung for number in range(2 * total)] == expected * 2
    assert [plan.place(number).is_seed for number in (0, 12, 13, total)] == [1, 1, 0, 0]
    assert [plan.place(number).is_early for number in (0, 13, total - 1, total)] == [1, 1, 1, 0]
    assert [plan.place(number).begin for number in (0, 8, 9, 11, 12, total + 9)] == [
        *(0, 0, 9, 9, 12),
        total + 9,
    ]


def test_levels_may_be_fractions_and_a_single_one(make_problem):
    """Any end, any unit, any factor; also one level only, which is plain evolution."""
    assert plan_for(make_problem(8.1), None, 0.1, 3).levels == pytest.approx(
        (0.1, 0.3, 0.9, 2.7, 8.1)
    )
    assert plan_for(make_problem(5), None, 2, 4).levels == (5,)
    assert plan_for(make_problem(None), None, 1, 3).levels == (1, 3, 9, 27, 81)
    assert plan_for(make_problem(9), 4, 1, 2).levels == (1, 2, 4)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"reduction_factor": 1}, ["reduction_factor=1 ", "greater than 1"]),
        ({"grace_period": 10}, ["grace_period=10", "max_resource=9"]),
        ({"max_resource": 0}, ["max_resource=0"]),
    ],
)
def test_impossible_options_are_refused_with_their_values(make_problem, options, words):
    """An option out of range is a UsageError that quotes it and says what would do."""
    with pytest.raises(UsageError) as caught:
        PlannedScheduler(make_problem(9), **options)
    for word in words:
        assert word in str(caught.value)


def view(number):
    return TrialView(id=f"{number:04}", config={}, status="running")


def result(resource, value=0.1):
    return Result(resource=resource, values=(value,), metrics={})


ENDED = Stop("trained to training_iteration=3, as planned")


def test_a_trial_ends_at_its_level_and_only_the_top_completes(make_problem):
    """Before its level a trial goes on; there it ends, for searchers a full one at the top only."""
    scheduler = PlannedScheduler(make_problem(9), promote=False)
    assert scheduler.first(view(10)) == Continue(until=3)
    assert scheduler.on_result(view(10), result(2)) == Continue(until=3)
    assert scheduler.on_result(view(10), result(3)) == ENDED
    assert scheduler.on_result(view(13), result(9)).complete


def test_the_best_so_far_at_a_level_goes_on(make_problem):
    """Level by level while it is ahead of all before it; equals, and what diverged, are not."""
    scheduler = PlannedScheduler(make_problem(9))
    assert scheduler.on_result(view(10), result(3, inf)) == ENDED
    assert scheduler.on_result(view(10), result(3, 0.5)) == Continue(until=9)
    assert scheduler.on_result(view(11), result(3, 0.5)) == ENDED
    assert scheduler.on_result(view(11), result(3, 0.4)) == Continue(until=9)
    assert scheduler.on_result(view(11), result(5, 0.3)) == Continue(until=9)
    assert scheduler.on_result(view(11), result(9, 0.3)).complete
