"""Stop criteria follow from the reported metrics alone."""

import math
from datetime import timedelta

import pytest

from tunesmith._builtin.stoppers import (
    CombinedStopper,
    ExperimentPlateauStopper,
    FunctionStopper,
    MaximumIterationStopper,
    ThresholdStopper,
    TimeoutStopper,
    TrialPlateauStopper,
    make_stopper,
)
from tunesmith.errors import UsageError
from tunesmith.protocols import Objective

ITERATION = "training_iteration"


def feed(stopper, values, metric="loss", trial="0001"):
    """Return the positions, from 1, at which the trial would stop."""
    return [
        position
        for position, value in enumerate(values, start=1)
        if stopper(trial, {metric: value, ITERATION: position})
    ]


def test_maximum_iteration_stops_at_the_limit():
    """A trial stops at the iteration named, no earlier, and trials need not wait before it."""
    stopper = MaximumIterationStopper(3)
    assert feed(stopper, [0] * 4) == [3, 4]
    assert stopper.until(ITERATION) == 3.0
    assert stopper.until("epochs") is None


def test_thresholds_are_reached_from_below():
    """A metric that is no objective stops a trial when it is at least the threshold."""
    assert feed(make_stopper({"score": 0.9}), [0.1, 0.9, 0.95], "score") == [2, 3]


def test_minimised_objective_has_to_fall():
    """For an objective with mode "min" the threshold is reached from above."""
    stopper = make_stopper({"loss": 0.1}, [Objective("loss", "min")])
    assert feed(stopper, [0.5, 0.1, 0.05, 0.2]) == [2, 3]


def test_maximised_objective_has_to_rise():
    """For an objective with mode "max" the threshold is reached from below."""
    stopper = make_stopper({"loss": 0.1}, [Objective("loss", "max")])
    assert feed(stopper, [0.05, 0.1]) == [2]


def test_any_threshold_is_enough():
    """Of several thresholds the first that is reached stops the trial."""
    stopper = make_stopper({"accuracy": 0.99, ITERATION: 27})
    assert stopper("1", {"accuracy": 0.5, ITERATION: 27})
    assert stopper("1", {"accuracy": 0.99, ITERATION: 1})
    assert not stopper("1", {"accuracy": 0.5, ITERATION: 1})


def test_threshold_on_the_resource_alone_lets_trials_run_up_to_it():
    """Only where nothing else is watched need trials not wait at every report."""
    assert make_stopper({ITERATION: 27}).until(ITERATION) == 27.0
    assert make_stopper({ITERATION: 27, "x": 1}).until(ITERATION) is None


@pytest.mark.parametrize("value", [math.nan, None, "high"])
def test_what_is_no_number_reaches_nothing(value):
    """A metric that is missing, NaN or no number decides nothing."""
    assert not make_stopper({"score": -1})("1", {"score": value})
    assert not make_stopper({"score": -1})("1", {})
    assert not TrialPlateauStopper("score", num_results=1, grace_period=0)("1", {"score": value})


def test_infinity_is_a_value_that_does_not_rest():
    """A diverged trial is at no plateau, but reaches thresholds."""
    assert make_stopper({"score": 1})("1", {"score": math.inf})
    assert feed(TrialPlateauStopper("loss"), [math.inf] * 9) == []


def test_trial_plateau_waits_for_results_and_grace():
    """A flat metric stops a trial once there are enough results, after the grace period."""
    assert feed(TrialPlateauStopper("loss"), [0.5] * 6) == [4, 5, 6]
    assert feed(TrialPlateauStopper("loss", grace_period=6), [0.5] * 6) == [6]
    assert feed(TrialPlateauStopper("loss", num_results=5), [0.5] * 6) == [5, 6]


def test_trial_plateau_looks_at_recent_results():
    """Only the last results count: a metric that moved long ago may rest now."""
    assert feed(TrialPlateauStopper("loss"), [9, 5, 0.5, 0.5, 0.5, 0.5]) == [6]
    assert feed(TrialPlateauStopper("loss"), [4, 3, 2, 1, 0]) == []


def test_trial_plateau_keeps_trials_apart():
    """Results of other trials do not count."""
    stopper = TrialPlateauStopper("loss")
    assert feed(stopper, [0.5] * 3, trial="1") == []
    assert feed(stopper, [0.5] * 3, trial="2") == []


def test_trial_plateau_can_spare_bad_trials():
    """With a threshold only trials that are good enough stop."""
    options = {"metric_threshold": 0.1, "mode": "min"}
    assert feed(TrialPlateauStopper("loss", **options), [0.5] * 5) == []
    assert feed(TrialPlateauStopper("loss", **options), [0.05] * 5) == [4, 5]


def test_trial_plateau_bounds_the_wait():
    """Before the first possible plateau trials need not wait for a decision."""
    assert TrialPlateauStopper("loss", num_results=3, grace_period=7).until(ITERATION) == 7.0
    assert TrialPlateauStopper("loss").until("epochs") is None


def test_experiment_plateau_ends_everything():
    """The experiment ends when its best results are equal, over all trials."""
    stopper = ExperimentPlateauStopper("loss", top=3)
    for trial, value in enumerate([0.5, 0.9, 0.5, 0.7]):
        assert not stopper(str(trial), {"loss": value})
        assert not stopper.stop_all()
    assert stopper("9", {"loss": 0.5})
    assert stopper.stop_all()


def test_experiment_plateau_forgets_when_improved():
    """A new best result that moves the top starts the patience again."""
    stopper = ExperimentPlateauStopper("loss", top=2, patience=1)
    stopper("1", {"loss": 0.5})
    stopper("2", {"loss": 0.5})
    stopper("3", {"loss": 0.1})
    stopper("4", {"loss": 0.1})
    assert not stopper.stop_all()
    stopper("5", {"loss": 0.9})
    assert stopper.stop_all()


def test_experiment_plateau_knows_the_mode():
    """With mode "max" the best are the largest."""
    stopper = ExperimentPlateauStopper("score", top=2, mode="max")
    for value in (0.1, 0.1, 0.8, 0.8):
        stopper("1", {"score": value})
    assert stopper.stop_all()
    stopper("1", {"score": 0.9})
    assert not stopper.stop_all()


def test_timeout_counts_from_the_first_trial():
    """Time runs from the beginning of the first trial, by the clock in the reports."""
    stopper = TimeoutStopper(timedelta(seconds=10))
    assert not stopper("1", {"timestamp": 105.0, "time_total_s": 5.0})
    assert not stopper("2", {"timestamp": 109.0, "time_total_s": 1.0})
    assert not stopper.stop_all()
    assert stopper("2", {"timestamp": 110.0, "time_total_s": 2.0})
    assert stopper.stop_all()


def test_function_gets_trial_and_metrics():
    """A function decides by trial and metrics."""
    stopper = make_stopper(lambda trial_id, metrics: trial_id == "2" and metrics["loss"] < 1)
    assert isinstance(stopper, FunctionStopper)
    assert not stopper("1", {"loss": 0})
    assert stopper("2", {"loss": 0})


def test_function_cannot_change_what_was_reported():
    """A function that alters its metrics alters a copy: what is journaled is what was reported."""
    reported = {"loss": 1.0}
    make_stopper(lambda _trial, metrics: metrics.pop("loss") < 0)("1", reported)
    assert reported == {"loss": 1.0}


def test_stopper_objects_pass_as_they_are():
    """A stopper is used itself."""
    stopper = TimeoutStopper(3)
    assert make_stopper(stopper) is stopper


def test_list_combines():
    """Of a list any part may stop, and every part hears every report."""
    stopper = make_stopper(
        [{"score": 5}, TrialPlateauStopper("score"), ExperimentPlateauStopper("score")]
    )
    assert feed(stopper, [1, 2, 5, 5, 5, 5], "score") == [3, 4, 5, 6]
    assert not stopper.stop_all()
    assert stopper.metrics == ("score", "score", "score")


def test_combination_waits_for_the_most_impatient():
    """The bound of a combination is its lowest; one part without a bound takes it away."""
    bounded = (MaximumIterationStopper(9), TrialPlateauStopper("loss"), TimeoutStopper(1))
    assert CombinedStopper(*bounded).until(ITERATION) == 4.0
    assert CombinedStopper(*bounded, FunctionStopper(lambda a, b: False)).until(ITERATION) is None


def test_nothing_stops_nothing():
    """Without criteria there is no stopper."""
    assert make_stopper(None) is None
    assert make_stopper([]) is None
    assert make_stopper([None]) is None


def test_same_reports_stop_alike():
    """A stopper fed again with the same reports, as in a replay, decides the same."""

    def run():
        stopper = make_stopper([TrialPlateauStopper("loss", std=0.2), {"loss": 3}])
        return [feed(stopper, [t, t / 2, 1, 1.1, 1.2], trial=str(t)) for t in range(5)]

    assert run() == run()


@pytest.mark.parametrize(
    ("stop", "message"),
    [
        (
            3,
            "stop=3 is not possible; expected {metric: threshold}, a function of (trial_id, ",
        ),
        ({}, "stop={} names no metric; write {'training_iteration': 100}, or None"),
        ({"loss": "low"}, "'loss' has the threshold 'low'; expected a number"),
        ({"loss": math.nan}, "'loss' has the threshold nan; expected a number"),
        ({3: 4}, "3 is no metric's name; expected a string"),
        (MaximumIterationStopper, "is a class; write stop=MaximumIterationStopper(...)"),
        (lambda metrics: True, "is not called with (trial_id, metrics)"),
    ],
)
def test_impossible_criteria_are_refused(stop, message):
    """What is no stop criterion is quoted, with what is."""
    with pytest.raises(UsageError) as raised:
        make_stopper(stop)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: MaximumIterationStopper(0),
            "max_iter=0 is not possible; expected a whole number from 1",
        ),
        (
            lambda: TrialPlateauStopper("x", std=-1),
            "std=-1 is not possible; expected a number from 0",
        ),
        (
            lambda: TrialPlateauStopper("x", metric_threshold=1),
            "needs mode='min' or mode='max', got None",
        ),
        (
            lambda: ExperimentPlateauStopper("x", mode="best"),
            "mode='best'; expected 'min' or 'max'",
        ),
        (lambda: TimeoutStopper("1h"), "timeout='1h' is not possible; expected a number from 0"),
        (CombinedStopper, "combines nothing"),
        (lambda: ThresholdStopper({}), "names no metric"),
    ],
)
def test_impossible_arguments_are_refused(make, message):
    """Impossible arguments of a stopper are quoted, with what is expected."""
    with pytest.raises(UsageError) as raised:
        make()
    assert message in str(raised.value)
