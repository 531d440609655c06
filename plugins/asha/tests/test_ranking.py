"""Ranking by one objective and by several, against definitions by brute force."""

import random
from math import ceil, dist, inf

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunesmith.protocols import Continue, Objective, Pause, Stop
from tunesmith_asha import ranking
from tunesmith_asha.ranking import Fronts, Line, spread
from tunesmith_asha.scheduler import asha

NUMBERS = st.sampled_from([0.0, 0.25, 0.5, 1.0, 2.0, -inf, inf]) | st.floats(-5, 5)
POINTS = st.lists(st.tuples(NUMBERS, NUMBERS), max_size=40)
BOTH = (Objective("loss", "min"), Objective("cost", "min"))


def dominates(one, other):
    """Tell whether `one` is nowhere worse and somewhere better."""
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))


def peeled(points):
    """Return the fronts by their definition: take away what nothing left dominates, and again."""
    points = [(inf, inf) if inf in point else point for point in points]
    left, fronts = list(range(len(points))), []
    while left:
        front = [i for i in left if not any(dominates(points[j], points[i]) for j in left)]
        fronts.append(sorted((*points[i], float(i)) for i in front))
        left = [i for i in left if i not in front]
    return fronts


def entered(points, ranking=Fronts):
    """Return a ranking into which the points came one by one."""
    ranks = ranking()
    for point in points:
        ranks.enter(point)
    return ranks


@given(POINTS)
def test_fronts_are_those_of_the_definition(points):
    """Fronts grown by one newcomer at a time are those that peeling finds in the whole set."""
    ranks = entered(points)
    assert ranks.fronts == peeled(points)
    assert len(ranks) == len(points)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(ranks), type=Fronts) == ranks


@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=15))
def test_fronts_of_three_objectives_are_those_of_the_definition(points):
    """Nothing about the fronts depends on there being two objectives."""
    points = [(inf,) * 3 if inf in point else point for point in points]
    ranks = entered(points)
    for index, front in enumerate(ranks.fronts):
        before = [one for earlier in ranks.fronts[index - 1 : index] for *one, _ in earlier]
        for *values, _ in front:
            assert not any(dominates(other, values) for *other, _ in front)
            assert index == 0 or any(dominates(other, values) for other in before)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=12))
def test_a_front_is_ordered_farthest_first(points):
    """Each next of a front is as far from those before it as any that is left."""
    front = peeled(points)[0]
    low = [min(one[k] for one in front) for k in (0, 1)]
    span = [max(one[k] for one in front) - low[k] or 1.0 for k in (0, 1)]
    place = {one: [(one[k] - low[k]) / span[k] for k in (0, 1)] for one in front}
    order = list(spread(front))
    assert sorted(order) == front
    assert order[0] == front[0]
    for count in range(1, len(order)):
        reach = {
            one: min(dist(place[one], place[other]) for other in order[:count])
            for one in order[count:]
        }
        assert reach[order[count]] >= max(reach.values()) - 1e-9


def test_the_first_of_a_front_cover_it():
    """Of six on a line, the two ends come first, then one of the middle."""
    front = [(x, 10.0 - x, n) for n, x in enumerate([0.0, 0.1, 0.2, 5.0, 9.9, 10.0])]
    assert [score[-1] for score in spread(front)][:3] == [0, 5, 3]


def test_the_scale_of_an_objective_does_not_matter():
    """Distances are measured in the range of each objective, so that no unit outweighs another."""
    points = [(0.0, 9.0), (1.0, 8.0), (2.0, 3.0), (6.0, 2.0), (9.0, 0.0)]
    orders = []
    for factor in (1.0, 1e9):
        front = [(a, b * factor, n) for n, (a, b) in enumerate(points)]
        orders.append([score[-1] for score in spread(front)])
    assert orders[0] == orders[1]


@given(POINTS, st.integers(0, 45))
def test_exactly_so_many_are_among_the_best(points, places):
    """`places` are among the best, whole fronts first; with ties also whoever scored the same."""
    ranks = entered(points)
    scores = [score for front in ranks.fronts for score in front]
    best = [score for score in scores if ranks.among(score, places)]
    assert len(best) == min(places, len(points))
    assert all(one in best for one in scores[: max(0, _whole(ranks.fronts, places))])
    tied = [score for score in scores if ranks.among(score, places, ties=True)]
    assert {one[:-1] for one in tied} == {one[:-1] for one in best}
    assert set(best) <= set(tied)


def _whole(fronts, places):
    """Return how many are in the fronts that fit as a whole."""
    total = 0
    for front in fronts:
        if total + len(front) > places:
            break
        total += len(front)
    return total


@given(st.lists(NUMBERS, min_size=1, max_size=30), st.integers(0, 30))
def test_one_objective_ranks_alike_either_way(values, places):
    """Of a single value, fronts and the sorted line agree on who is among the best."""
    line, fronts = Line(), Fronts()
    for value in values:
        one, several = line.enter((value,)), fronts.enter((value,))
        assert one == several
        assert line.has_sound() == fronts.has_sound()
        assert line.among(one, places, ties=True) == fronts.among(several, places, ties=True)


def test_a_long_line_is_in_order_and_in_blocks(monkeypatch):
    """However many come, in whatever order, ranks are those of one sorted list."""
    monkeypatch.setattr(ranking, "BLOCK", 8)
    rng = random.Random(4)
    line, listed = Line(), []
    for number in range(400):
        score = line.enter((float(rng.randrange(60)),))
        listed.append(score)
        listed.sort()
        probe = rng.choice(listed)
        for places in (1, 0.3 * number, rng.randrange(number + 2)):
            assert line.among(probe, places) == (listed.index(probe) < places)
            first = next(place for place, one in enumerate(listed) if one[0] == probe[0])
            assert line.among(probe, places, ties=True) == (first < places)
    assert [score for block in line.blocks for score in block] == listed
    assert len(line) == 400
    assert max(map(len, line.blocks)) <= 8
    assert len(line.blocks) > 50


def told(make_result, resource, values):
    """Return a result with two values."""
    return msgspec.structs.replace(make_result(resource, values[0]), values=values)


@given(points=POINTS)
def test_stopping_keeps_the_best_third_by_fronts(make_trial, make_result, make_problem, points):
    """The n-th at a rung goes on if it is among the best ⌈n/3⌉, by front and within it spread."""
    problem = msgspec.structs.replace(make_problem(9), objectives=BOTH)
    scheduler, seen = asha(problem), []
    for number, point in enumerate(points, 1):
        answer = scheduler.on_result(make_trial(f"{number:04}"), told(make_result, 1, point))
        seen.append(point)
        if inf in point:
            kept = all(inf in other for other in seen)
        else:
            order = [score for front in peeled(seen) for score in spread(front)]
            kept = point in [score[:-1] for score in order[: ceil(number / 3)]]
        assert isinstance(answer, Continue if kept else Stop)


class View:
    """All trials are paused, and none can come."""

    pending = running = ()
    searching = False

    def __init__(self, make_trial):
        self.trial = lambda trial_id: make_trial(trial_id, "paused")


@given(points=POINTS)
def test_promotion_takes_front_after_front(make_trial, make_result, make_problem, points):
    """Whoever waits and is among the best ⌊n/3⌋ goes on, in order of front and spread."""
    problem = msgspec.structs.replace(make_problem(9), objectives=BOTH)
    scheduler, waiting, seen = asha(problem, mode="promotion"), {}, []

    def promotable():
        order = [score for front in peeled(seen) for score in spread(front)]
        best = [int(one[-1]) for one in order[: len(seen) // 3] if inf not in one]
        return [waiting[number] for number in best if number in waiting]

    for number, point in enumerate(points):
        trial = make_trial(f"{number:04}")
        answer = scheduler.on_result(trial, told(make_result, 1, point))
        seen.append(point)
        waiting[number] = trial.id
        if promotable()[:1] == [trial.id]:
            assert answer == Continue(until=3)
            del waiting[number]
        else:
            assert isinstance(answer, Pause)
    view, chosen = View(make_trial), promotable()
    assert [scheduler.next_trial(view) for _ in chosen] == chosen


@given(points=POINTS, cut=st.integers(0, 40))
@pytest.mark.parametrize("mode", ["stopping", "promotion"])
def test_restored_it_decides_the_same(make_problem, make_trial, make_result, mode, points, cut):
    """State handed to a new scheduler changes no later decision, infinities included."""
    problem = msgspec.structs.replace(make_problem(9), objectives=BOTH)
    schedulers = [asha(problem, mode=mode), asha(problem, mode=mode)]
    for index, point in enumerate(points):
        if index == cut:
            schedulers[1] = asha(problem, mode=mode)
            schedulers[1].restore(schedulers[0].state())
        trial, result = make_trial(f"{index:04}"), told(make_result, 1, point)
        answers = [scheduler.on_result(trial, result) for scheduler in schedulers]
        assert answers[0] == answers[1]
    view = View(make_trial)
    if mode == "promotion":
        taken = [[one.next_trial(view) for _ in points] for one in schedulers]
        assert taken[0] == taken[1]
