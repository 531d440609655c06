"""The stopping variant against hand-worked traces and an independent oracle."""

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from tunesmith.protocols import Continue, Stop
from tunesmith_asha.scheduler import asha

VALUES = st.sampled_from([0.1, 0.2, 0.3, 0.4, 0.5, -1.0, -inf, inf])
STEPS = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 12), VALUES), max_size=60)


def entered(scheduler):
    """Return the values at each rung of the only bracket."""
    (rungs,) = scheduler._state.scores
    return [[score[0] for block in rung.blocks for score in block] for rung in rungs]


def test_the_first_decision_falls_at_the_grace_period(make_problem, make_trial):
    """A new trial runs undisturbed to the lowest rung."""
    scheduler = asha(make_problem(), grace_period=3)
    assert scheduler.first(make_trial("0001")) == Continue(until=3)


def test_nine_trials_at_one_rung(make_problem, make_trial, make_result):
    """With η=3, the n-th to arrive goes on if it is among the best ⌈n/3⌉ so far."""
    scheduler = asha(make_problem())
    values = [0.5, 0.6, 0.4, 0.45, 0.44, 0.3, 0.46, 0.2, 0.9]
    kept = [
        isinstance(scheduler.on_result(make_trial(f"{n:04}"), make_result(1, value)), Continue)
        for n, value in enumerate(values, 1)
    ]
    # best ⌈n/3⌉:      1     1      1     2     2     2     3      3     3
    assert kept == [True, False, True, True, True, True, False, True, False]


def test_a_trial_that_leads_climbs_all_rungs_to_the_end(make_problem, make_trial, make_result):
    """A trial that stays in front is asked at 1, 3, 9 and ends at 27 with the reason."""
    scheduler, trial = asha(make_problem()), make_trial("0001")
    answers = [scheduler.on_result(trial, make_result(level, 0.1)) for level in (1, 3, 9, 27)]
    assert answers == [
        Continue(until=3),
        Continue(until=9),
        Continue(until=27),
        Stop("reached max_resource=27", complete=True),
    ]


def test_the_reason_of_a_stop_tells_rank_rung_and_unit(make_problem, make_trial, make_result):
    """A person reads why: the share that goes on, out of how many, and where."""
    scheduler = asha(make_problem(resource="epochs"))
    scheduler.on_result(make_trial("0001"), make_result(1, 0.1))
    decision = scheduler.on_result(make_trial("0002"), make_result(1, 0.2))
    assert decision == Stop("not among the best 1 of 2 trials at epochs=1")


def test_ties_go_on(make_problem, make_trial, make_result):
    """Trials that score exactly as the last that may go on are not stopped."""
    scheduler = asha(make_problem())
    for number in range(9):
        decision = scheduler.on_result(make_trial(f"{number:04}"), make_result(1, 0.5))
        assert decision == Continue(until=3)


def test_a_diverged_trial_goes_on_only_among_the_diverged(make_problem, make_trial, make_result):
    """+inf passes while nothing better has come, and never after, whatever the share."""
    scheduler = asha(make_problem())
    values = [inf, inf, 0.5, inf, inf, inf, inf]
    kept = [
        isinstance(scheduler.on_result(make_trial(f"{n:04}"), make_result(1, value)), Continue)
        for n, value in enumerate(values)
    ]
    assert kept == [True, True, True, False, False, False, False]


def test_a_report_past_rungs_counts_at_the_highest_it_reached(
    make_problem, make_trial, make_result
):
    """A trial that reports every five epochs is judged at rungs 3 and 9, and never below again."""
    scheduler, trial = asha(make_problem()), make_trial("0001")
    assert scheduler.on_result(trial, make_result(5, 0.3)) == Continue(until=9)
    assert scheduler.on_result(trial, make_result(10, 0.2)) == Continue(until=27)
    assert entered(scheduler) == [[], [0.3], [0.2]]


def test_being_asked_before_the_next_rung_changes_nothing(make_problem, make_trial, make_result):
    """A result below the trial's next rung is answered with that rung and not recorded."""
    scheduler, trial = asha(make_problem()), make_trial("0001")
    scheduler.on_result(trial, make_result(1, 0.3))
    assert scheduler.on_result(trial, make_result(2, 9.9)) == Continue(until=3)
    assert scheduler.first(trial) == Continue(until=3)
    assert entered(scheduler) == [[0.3], [], []]


def test_resources_may_be_any_positive_unit(make_problem, make_trial, make_result):
    """Rungs may be fractions, of seconds for instance."""
    scheduler = asha(make_problem(2.0, resource="time_total_s"), grace_period=0.25)
    trial = make_trial("0001")
    assert scheduler.first(trial) == Continue(until=0.25)
    assert scheduler.on_result(trial, make_result(0.2600001, 1.0)) == Continue(until=0.75)


def test_what_a_failed_trial_scored_stays_at_its_rungs(make_problem, make_trial, make_result):
    """A trial that ends takes none of its scores away."""
    scheduler = asha(make_problem())
    scheduler.on_result(make_trial("0001"), make_result(1, 0.1))
    scheduler.on_trial_end(make_trial("0001", "failed"))
    assert scheduler._state.goals == {}
    assert isinstance(scheduler.on_result(make_trial("0002"), make_result(1, 0.2)), Stop)


def oracle(steps: list[tuple[str, float, float]], levels: list[float], factor: float) -> list[str]:
    """Decide by sorting everything anew each time."""
    judged: dict[str, float] = {}
    seen: dict[float, list[float]] = {level: [] for level in levels}
    answers = []
    for trial, resource, value in steps:
        reached = max((level for level in levels if level <= resource), default=0)
        if resource >= levels[-1]:
            answers.append("end")
        elif reached <= judged.get(trial, 0):
            answers.append("go on")
        else:
            judged[trial] = reached
            seen[reached].append(value)
            better = sum(other < value for other in seen[reached])
            diverged = value == inf and any(other < inf for other in seen[reached])
            fits = better * factor < len(seen[reached]) and not diverged
            answers.append("go on" if fits else "stop")
    return answers


@given(STEPS, st.sampled_from([2, 2.5, 3, 4]))
def test_decisions_equal_those_of_the_oracle(make_problem, make_trial, make_result, steps, factor):
    """On any interleaving of any curves, rank at the rung decides, exactly as sorting anew does."""
    scheduler = asha(make_problem(10), reduction_factor=factor)
    progress: dict[str, int] = {}
    trace, answers, over = [], [], set()
    for number, advance, value in steps:
        trial = f"{number:04}"
        if trial in over:
            continue
        progress[trial] = progress.get(trial, 0) + advance
        trace.append((trial, progress[trial], value))
        decision = scheduler.on_result(make_trial(trial), make_result(progress[trial], value))
        if isinstance(decision, Stop):
            over.add(trial)
        ended = isinstance(decision, Stop) and decision.reason.startswith("reached")
        answers.append("end" if ended else "stop" if trial in over else "go on")
    assert answers == oracle(trace, list(scheduler._ladders.levels[0]), factor)


@given(STEPS, st.integers(0, 60))
def test_a_restored_scheduler_decides_as_the_uninterrupted_one(
    make_problem, make_trial, make_result, steps, cut
):
    """State handed to a new scheduler changes no later decision, infinities included."""
    scheduler = asha(make_problem(10), brackets=2)
    resumed = asha(make_problem(10), brackets=2)
    for index, (number, resource, value) in enumerate(steps):
        if index == cut:
            resumed.restore(scheduler.state())
        trial, result = make_trial(f"{number:04}"), make_result(resource, value)
        decision = scheduler.on_result(trial, result)
        if index >= cut:
            assert resumed.on_result(trial, result) == decision
