"""The brackets at work, against traces worked by hand and an independent oracle."""

from collections import Counter
from math import ceil, inf
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunesmith.protocols import Continue, Pause, Result, Stop, TrialView, commands
from tunesmith_hyperband.plan import plan
from tunesmith_hyperband.scheduler import hyperband


def by_id(trial, at):
    """Lower ids are better, at any resource."""
    return int(trial) + 0.0 * at


def test_a_round_for_nine_worked_by_hand(make_problem, cluster):
    """R=9, η=3: 9 start at 1, 3 go to 3, 1 to 9; then 5 start at 3, 1 goes to 9; then 3 at 9."""
    world = cluster(hyperband(make_problem(9)), num_samples=17, slots=4)
    world.run(by_id)
    expected = [9, 3, 3, 1, 1, 1, 1, 1, 1, *(9, 3, 3, 3, 3), *(9, 9, 9)]
    assert [resource for _, resource in world.ends()] == expected
    assert [status for status, _ in world.ends()] == [
        "completed" if resource == 9 else "stopped" for resource in expected
    ]


def test_a_round_for_81_takes_the_papers_numbers(make_problem, cluster):
    """R=81, η=3: table 1 of the paper, each bracket's trials by the rung at which they end."""
    world = cluster(hyperband(make_problem(81)), num_samples=143, slots=20)
    world.run(by_id)
    ends = iter([resource for _, resource in world.ends()])
    table = [Counter(next(ends) for _ in range(n)) for n in (81, 34, 15, 8, 5)]
    assert table == [
        {1: 81 - 27, 3: 27 - 9, 9: 9 - 3, 27: 3 - 1, 81: 1},
        {3: 34 - 11, 9: 11 - 3, 27: 3 - 1, 81: 1},
        {9: 15 - 5, 27: 5 - 1, 81: 1},
        {27: 8 - 2, 81: 2},
        {81: 5},
    ]


def test_reasons_tell_rank_rung_and_unit(make_problem, cluster):
    """A person reads why a trial ended: the share that goes on, out of how many, and where."""
    world = cluster(hyperband(make_problem(9, "epochs")), num_samples=9, slots=2)
    world.run(by_id)
    reasons = [world.engine.trial(f"{n:04}").reason for n in (1, 2, 9)]
    assert reasons == [
        "reached max_resource=9",
        "not among the best 1 of 3 trials at epochs=3",
        "not among the best 3 of 9 trials at epochs=1",
    ]


def test_a_trial_that_completes_its_rung_is_not_paused_first(make_problem):
    """The last of a bracket to report is told at once whether it goes on."""
    for value, answer in ((0.0, Continue(until=3)), (5.0, Stop)):
        scheduler = hyperband(make_problem(3))
        for number in (1, 2, 3):
            trial = TrialView(id=f"{number:04}", config={}, status="running")
            assert scheduler.first(trial) == Continue(until=1)
            score = value if number == 3 else float(number)
            decision = scheduler.on_result(trial, Result(1, (score,), {}))
        assert decision == answer or isinstance(decision, Stop)
        assert list(scheduler.review()) == (["0001", "0002"] if not value else ["0002", "0003"])


def test_slots_beyond_a_bracket_begin_the_next(make_problem, cluster):
    """With 12 slots, R=9: nine trials of the first bracket run beside three of the second."""
    world = cluster(hyperband(make_problem(9)), num_samples=17, slots=12)
    world.deliver()
    assert Counter(launch.until for launch in world.of(commands.Launch)) == {1: 9, 3: 3}


def test_one_slot_is_enough(make_problem, cluster):
    """A bracket larger than the cluster takes its turns through pauses."""
    world = cluster(hyperband(make_problem(9)), num_samples=9, slots=1)
    world.run(by_id)
    assert Counter(resource for _, resource in world.ends()) == {1: 6, 3: 2, 9: 1}


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (1, [9]),
        (2, [9, 1]),
        (4, [9, 1, 1, 1]),
        (7, [9, 3, 1, 1, 1, 1, 1]),
        (10, [9, 3, 3, 1, 1, 1, 1, 1, 1, 9]),
        (12, [9, 3, 3, 1, 1, 1, 1, 1, 1, 9, 3, 3]),
    ],
)
def test_too_few_trials_for_a_bracket_still_find_a_winner(make_problem, cluster, count, expected):
    """A bracket that stays incomplete goes on as if planned for as many as came."""
    world = cluster(hyperband(make_problem(9)), num_samples=count, slots=3)
    world.run(by_id)
    assert [resource for _, resource in world.ends()] == expected


def test_an_exhausted_searcher_closes_the_bracket(make_problem, cluster):
    """Where the search ends by itself, the last bracket goes on with whoever is there."""
    world = cluster(hyperband(make_problem(9)), num_samples=None, exhausted_after=4, slots=4)
    world.run(by_id)
    assert [resource for _, resource in world.ends()] == [9, 1, 1, 1]


def test_a_searcher_that_waits_for_results_closes_the_bracket(make_problem, cluster):
    """A searcher that suggests nothing until a trial is over does not leave all of them paused."""

    class Hesitant(cluster):
        def _suggest(self, trial):
            first = (int(trial) - 1) // 3 * 3
            over = self.engine.counts().get("completed", 0) + self.engine.counts()["stopped"]
            if over < first:
                self.defer(trial)
            else:
                super()._suggest(trial)

        def deliver(self):
            while self.inbox:
                self.give(self.inbox.popleft())

    world = Hesitant(hyperband(make_problem(9)), num_samples=6, slots=2)
    world.run(by_id)
    assert world.finish.status == "completed"
    assert [resource for _, resource in world.ends()] == [9, 1, 1, 9, 3, 3]


def test_members_that_fail_leave_their_places_to_the_next_best(make_problem, cluster):
    """Three of nine fail before the rung: the best three of the other six go on all the same."""
    doom = {"0001": 0, "0004": 0, "0005": 0, "0002": 2}
    world = cluster(hyperband(make_problem(9)), num_samples=9, slots=3, doom=doom)
    world.run(by_id)
    assert world.ends() == [
        ("failed", 0),
        ("failed", 2),
        ("completed", 9),
        ("failed", 0),
        ("failed", 0),
        ("stopped", 3),
        ("stopped", 1),
        ("stopped", 1),
        ("stopped", 1),
    ]


def test_a_bracket_of_which_all_fail_is_forgotten(make_problem, cluster):
    """Nothing waits for the dead: the next bracket gets its trials."""
    doom = {f"{n:04}": 0 for n in range(1, 10)}
    scheduler = hyperband(make_problem(9))
    world = cluster(scheduler, num_samples=14, slots=3, doom=doom)
    world.run(by_id)
    assert [resource for _, resource in world.ends()][9:] == [9, 3, 3, 3, 3]
    assert scheduler._state.brackets == scheduler._state.homes == scheduler._state.verdicts == {}


def test_a_diverged_trial_ends_at_its_rung(make_problem, cluster):
    """+inf (NaN, for the user) is never promoted, even where there are places for it."""
    world = cluster(hyperband(make_problem(9)), num_samples=9, slots=2)
    world.run(lambda trial, at: inf if int(trial) > 1 else 1.0 * at)
    assert world.ends() == [("completed", 9), *[("stopped", 1)] * 8]
    assert world.engine.trial("0002").reason == "diverged at training_iteration=1"


def test_trials_that_end_on_their_own_are_waited_for_no_longer(make_problem, cluster):
    """Training that returns before the rung completes the trial, and the rung is decided."""
    world = cluster(hyperband(make_problem(9)), num_samples=9, slots=2, length=2)
    world.run(by_id)
    assert Counter(world.ends()) == {("stopped", 1): 6, ("completed", 2): 3}


def test_a_report_past_several_rungs_counts_at_all_of_them(make_problem):
    """Trials that report at 4 only are halved at rungs 1 and 3 by that, and the best goes to 9."""
    scheduler = hyperband(make_problem(9))
    trials = [TrialView(id=f"{n:04}", config={}, status="running") for n in range(1, 10)]
    for trial in trials:
        scheduler.first(trial)
    answers = [
        scheduler.on_result(trial, Result(4, (float(9 - n),), {})) for n, trial in enumerate(trials)
    ]
    assert all(isinstance(answer, Pause) for answer in answers[:-1])
    assert answers[-1] == Continue(until=9)
    assert len(scheduler.review()) == 8


def test_being_asked_before_the_rung_changes_nothing(make_problem):
    """A result below the rung is answered with the rung; one while waiting, with a pause."""
    scheduler = hyperband(make_problem(9), grace_period=3)
    trial = TrialView(id="0001", config={}, status="running")
    assert scheduler.first(trial) == Continue(until=3)
    assert scheduler.on_result(trial, Result(2, (0.0,), {})) == Continue(until=3)
    assert isinstance(scheduler.on_result(trial, Result(3.5, (0.0,), {})), Pause)
    assert isinstance(scheduler.on_result(trial, Result(4, (9.0,), {})), Pause)
    assert scheduler._state.brackets[0].scores["0001"] == (3.5, 0.0)


def test_resources_may_be_fractions(make_problem):
    """Rungs may be seconds, and a trial is judged at its first report past one."""
    scheduler = hyperband(make_problem(2.7, "time_total_s"), grace_period=0.3)
    trial = TrialView(id="0001", config={}, status="running")
    assert scheduler.first(trial) == Continue(until=pytest.approx(0.3))
    assert isinstance(scheduler.on_result(trial, Result(0.31, (0.0,), {})), Pause)


def oracle(count, shapes, factor, curve, doom):
    """Say how each trial ends, bracket by bracket, by the paper's loop."""
    ends, ids, turn = {}, [f"{n:04}" for n in range(1, count + 1)], 0
    while ids:
        shape = shapes[turn % len(shapes)]
        members, ids, turn = ids[: shape.size], ids[shape.size :], turn + 1
        size, at = len(members), 0
        for rung, level in enumerate(shape.levels, 1):
            at = max(at, ceil(level))
            fallen = [t for t in members if doom.get(t, inf) < at]
            ends |= {t: ("failed", doom[t]) for t in fallen}
            members = [t for t in members if t not in fallen]
            if rung == len(shape.levels) or at >= shape.levels[-1]:
                ends |= dict.fromkeys(members, ("completed", at))
                break
            finite = [t for t in members if curve(t, at) < inf]
            kept = sorted(finite, key=lambda t, at=at: curve(t, at))
            kept = kept[: max(1, int(size // factor**rung))]
            ends |= {t: ("stopped", at) for t in members if t not in kept}
            members = [t for t in members if t in kept]
    return [ends[f"{n:04}"] for n in range(1, count + 1)]


def random_curve(seed):
    """Return curves that cross, tie and diverge."""
    options = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, -1.0, -inf, inf]

    def curve(trial, at):
        return Random(f"{seed}/{trial}/{at:g}").choice(options)

    return curve


@given(
    st.integers(1, 40),
    st.integers(1, 9),
    st.sampled_from([(9, 1, 3), (10, 1, 3), (8, 1, 2), (7, 2, 1.5), (12, 1, 2.5)]),
    st.dictionaries(st.integers(1, 40), st.integers(0, 8), max_size=6),
    st.sampled_from([0.0, 0.1]),
    st.integers(0, 2**16),
)
def test_every_end_equals_the_oracles(
    make_problem, cluster, count, slots, ladder, doom, lossy, seed
):
    """Whatever the slots, speeds, failures, losses, crashes and ties: Algorithm 1, exactly."""
    top, lowest, factor = ladder
    scheduler = hyperband(make_problem(top), grace_period=lowest, reduction_factor=factor)
    doom = {f"{n:04}": at for n, at in doom.items()}
    world = cluster(scheduler, num_samples=count, slots=slots, doom=doom, lossy=lossy, seed=seed)
    world.run(random_curve(seed), seed=seed)
    assert world.finish.status == "completed"
    shapes = plan(top, lowest, factor)
    assert world.ends() == oracle(count, shapes, factor, random_curve(seed), doom)


@given(st.integers(4, 25), st.integers(1, 6), st.integers(0, 2**16))
def test_a_restored_scheduler_goes_on_as_the_uninterrupted_one(
    make_problem, cluster, reborn, count, slots, seed
):
    """Saved and restored before each call, it gives the same orders, infinities included."""

    def make():
        return hyperband(make_problem(9))

    orders = []
    for scheduler in (make(), reborn(make)):
        world = cluster(scheduler, num_samples=count, slots=slots, doom={"0002": 1})
        world.run(random_curve(seed), seed=seed)
        orders.append(world.sent)
    assert orders[0] == orders[1]
