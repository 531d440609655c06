"""Values of any type for any option: each is taken, or refused with what was expected."""

import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tunesmith as tune
from tunesmith._run.experiment import Experiment
from tunesmith._run.plan import draft
from tunesmith._run.record import CHANGEABLE, REPLACEABLE
from tunesmith.errors import UsageError
from tunesmith.plugins import default_registry

SPACE = {"x": tune.uniform(0, 1)}


def takes_none() -> bool:
    return True


VALUES: tuple[Any, ...] = (
    *(None, 0, -1, 1.5, True, "", "x", b"x", float("nan"), float("inf"), 1j),
    *([], [1], ["x"], [None], [{}], (), {}, {"a": 1}, {1: 2}, {"name": 3}, {"name": "zz"}, set()),
    *(np.array([1, 2]), np.int64(2), int, takes_none, pathlib.Path("x"), object()),
)


def train(config: dict[str, Any]) -> float:
    return float(config.get("x", 0.0))


def refusal(call: Callable[..., Any], *values: Any, **options: Any) -> str:
    """Return what a call is refused with, as the user's mistake; empty where it is not."""
    try:
        call(*values, **options)
    except UsageError as error:
        return str(error)
    return ""


def check(**options: Any) -> None:
    """Check an experiment as far as can be done at once."""
    given = {"metric": "loss", "mode": "min", "num_samples": 2, "executor": "inline"}
    given |= {"trainable": train, "space": SPACE}
    draft(Experiment.create(**{**given, **options}), default_registry())


@pytest.mark.parametrize("option", Experiment.__struct_fields__)
def test_every_value_for_a_run_is_taken_or_refused(option: str) -> None:
    """No value of any type is met by anything but a message that names the option."""
    for value in VALUES:
        if option in ("searcher", "scheduler", "executor") and callable(value):
            continue  # whatever is called is the factory's affair
        told = refusal(check, **{option: value})
        known = (option, "metric" if option == "mode" else "parameter", "nothing ends")
        assert not told or any(word in told for word in known), f"{value!r}: {told}"


@pytest.mark.parametrize(
    ("make", "options"),
    [
        (tune.FailureConfig, ("max_retries", "fail_fast", "trial_timeout_s", "watchdog_s")),
        (tune.FailureConfig, ("stop_after_identical",)),
        (tune.CheckpointConfig, ("every", "at_end", "keep", "budget")),
        (
            lambda **one: Experiment.create(train, SPACE, **TOLD, resources=tune.Resources(**one)),
            (),
        ),
    ],
)
def test_every_value_within_an_option_is_taken_or_refused(make: Any, options: Any) -> None:
    """The fields of failure, checkpoint and resources likewise."""
    for option in options:
        for value in VALUES:
            told = refusal(make, **{option: value})
            assert not told or option in told or "resources=" in told, f"{value!r}: {told}"


TOLD = {"metric": "loss", "mode": "min"}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Return the folder of a run that completed."""
    fixed = {**TOLD, "executor": "inline", "num_samples": 2, "verbose": 0}
    return tune.run(train, SPACE, storage=tmp_path_factory.mktemp("runs"), **fixed).path


@pytest.mark.parametrize(
    "option",
    [*sorted({*CHANGEABLE, *REPLACEABLE} - {"executor"}), "trust", "scheduler", "searcher"],
)
def test_every_value_for_a_resume_is_taken_or_refused(path: pathlib.Path, option: str) -> None:
    """A resume says what is wrong with it before anything goes on."""
    given = {"trainable": train, "verbose": 0}
    for value in VALUES:
        if option in ("scheduler", "searcher") and callable(value):
            continue  # whatever is called is the factory's affair
        told = refusal(tune.resume, path, **{**given, option: value})
        known = (option, "parameter", "nothing ends", "no trial")
        assert not told or any(word in told for word in known), f"{value!r}: {told}"


def test_what_is_no_path_is_no_run() -> None:
    """Neither `load` nor `resume` is met by the error of some function within."""
    for value in VALUES:
        for call in (tune.load, tune.resume):
            assert refusal(call, value), repr(value)


def test_switches_are_on_or_off() -> None:
    """What is neither is no dry run, which would be taken for results."""
    given = {**TOLD, "num_samples": 1}
    told = refusal(tune.run, train, SPACE, dry_run="no", **given)
    assert told == "dry_run='no': expected True or False"


def test_a_constraint_that_cannot_be_called_leaves_no_run(tmp_path: pathlib.Path) -> None:
    """It is tried on one configuration before anything is written."""
    given = {**TOLD, "num_samples": 1, "storage": tmp_path}
    told = refusal(tune.run, train, SPACE, constraint=int, **given)
    assert told.startswith("constraint= raised on {'x': 0.")
    assert list(tmp_path.iterdir()) == []
