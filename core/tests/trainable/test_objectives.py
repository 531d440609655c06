"""A trial that does not report what is optimised is told so, at the first moment that is sure."""

import pytest

from tunesmith._trainable.metrics import check_first, check_values
from tunesmith._trainable.session import Assignment, Session
from tunesmith.errors import TrialError


def by_metric(*names):
    """Return what is required where metric= names these."""
    return dict.fromkeys(names, "metric")


@pytest.fixture
def make():
    """Return a function that makes a session which wants these objectives."""
    made = []

    def build(*objectives, **options):
        assignment = Assignment(
            trial="0001",
            attempt=1,
            config={},
            folder="",
            required=by_metric(*objectives),
        )
        made.append(Session(assignment, lambda: 0.0, **options))
        return made[-1]

    yield build
    for session in made:
        session.close()


@pytest.mark.parametrize(
    ("objective", "reported", "meant"),
    [
        ("acuracy", ["accuracy", "loss"], "accuracy"),
        ("Accuracy", ["accuracy"], "accuracy"),
        ("val_acc", ["val_accuracy"], "val_accuracy"),
        ("loss", ["val_loss"], "val_loss"),
        ("loss", ["train/loss"], "train/loss"),
        ("accuracy", ["accuracy_top1"], "accuracy_top1"),
    ],
)
def test_a_likely_misnomer_is_refused_at_once(objective, reported, meant):
    """A first report with something like the objective in its place names it, and the fix."""
    with pytest.raises(TrialError) as told:
        check_first(dict.fromkeys(reported, 0.5), by_metric(objective))
    assert f"has no {objective!r}, which metric= names; did you mean {meant!r}?" in str(told.value)
    assert f"name {meant!r} in metric=" in str(told.value)


@pytest.mark.parametrize(
    ("objective", "reported"),
    [
        ("accuracy", ["lr", "throughput"]),
        ("val_loss", ["loss"]),
        ("loss/val", ["loss"]),
        ("timestamps", ["loss"]),
        ("loss", ["loss", "los"]),
    ],
)
def test_telemetry_may_come_first(objective, reported):
    """A first report of another kind passes, and so does "loss" where "val_loss" is wanted."""
    check_first(dict.fromkeys((*reported, "timestamp"), 0.5), by_metric(objective))


def test_none_stands_for_not_yet(make):
    """An objective that is not known yet can be reported as None."""
    session = make("loss")
    session.record({"loss": None, "los": 1})
    session.check_end()


def test_training_must_not_end_without_the_objective(make):
    """At the end the error lists what was reported, counters left out, and the closest of it."""
    session = make("val_loss")
    session.record({"loss": 1.0})
    session.record({"lr": 0.1})
    with pytest.raises(TrialError) as told:
        session.check_end()
    assert str(told.value) == (
        "training ended and never reported 'val_loss', which metric= names; did you mean 'loss'?\n"
        "reported were 'loss', 'lr'; name one of these in metric=, or report 'val_loss'"
    )


def test_each_objective_may_have_a_report_of_its_own(make):
    """Objectives may come one at a time; the last that is missing is named."""
    session = make("loss", "size")
    session.record({"loss": 1.0})
    with pytest.raises(TrialError, match="never reported 'size'"):
        session.check_end()
    session.record({"size": 3})
    session.check_end()


def test_counters_can_be_objectives(make):
    """What every report carries by itself need not be reported."""
    session = make("time_total_s")
    session.record({"loss": 1.0})
    session.check_end()


@pytest.mark.parametrize("value", [1, 1.5, True, None, float("nan"), float("-inf")])
def test_numbers_are_values(value):
    """Numbers, NaN and infinity included, and None may be reported as the objective."""
    check_values({"loss": value}, by_metric("loss"))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("0.5", "'loss', which metric= names, was reported as a str '0.5': expected one number"),
        ([0.1, 0.2], "was reported as a list of 2 values: expected one number; report float"),
    ],
)
def test_other_values_are_none(value, message):
    """Text and lists are refused as the objective, by its name."""
    with pytest.raises(TrialError) as told:
        check_values({"loss": value}, by_metric("loss"))
    assert message in str(told.value)
