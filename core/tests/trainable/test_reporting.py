"""What training code may ask and say."""

import contextvars
import threading
from pathlib import Path
from typing import Any

import pytest

from tunesmith._trainable import reporting as tune
from tunesmith._trainable.session import Assignment, Session
from tunesmith.errors import TrialError, UsageError
from tunesmith.protocols import Resources


def session(folder: Path, trial: str = "0001", **fields: Any) -> Session:
    assignment = Assignment(trial=trial, attempt=2, config={"lr": 1}, folder=str(folder), **fields)
    return Session(assignment, lambda: 5.0)


def test_training_code_runs_by_hand() -> None:
    """Outside a run reports go nowhere, there is no checkpoint, and the context is a stand-in."""
    tune.report({"loss": 1.0}, checkpoint={"step": 1})
    tune.report(tune.Report({"loss": 1.0}))
    tune.report(0.5)
    assert tune.get_checkpoint() is None
    assert tune.should_checkpoint() is False
    context = tune.get_context()
    assert (context.trial_id, context.attempt, context.is_stopping) == ("0000", 0, False)
    assert context.folder.is_dir()
    assert context.scratch("x").is_dir()
    assert context.resources == Resources()
    assert repr(context) == "TrialContext(trial_id='0000', attempt=0)"


def test_reports_by_hand_are_checked() -> None:
    """A report that a run would refuse is refused by hand as well."""
    with pytest.raises(TrialError, match="metric 'model' is of type object"):
        tune.report({"model": object()})


def test_context_tells_about_the_trial(tmp_path: Path) -> None:
    """Training code learns who it is and where its files go; the folder comes when asked for."""
    active = session(tmp_path, experiment="digits", resources=Resources(({"gpu": 0.5},)))
    context = tune.get_context()
    assert (context.trial_id, context.attempt, context.experiment) == ("0001", 2, "digits")
    assert context.config == {"lr": 1}
    assert context.iteration == 0
    assert context.resources.bundles == ({"gpu": 0.5},)
    assert not (tmp_path / "trials").exists()
    assert context.folder == tmp_path / "trials/0001"
    assert context.folder.is_dir()
    active.close()
    assert context.is_stopping


def test_threads_of_several_trials_need_a_context(tmp_path: Path) -> None:
    """A thread that may belong to either of two trials is told how to say which."""
    first, second = session(tmp_path, "0001"), session(tmp_path, "0002")
    errors: list[Exception] = []

    def ask() -> None:
        try:
            tune.get_context()
        except UsageError as error:
            errors.append(error)

    thread = threading.Thread(target=contextvars.Context().run, args=(ask,), name="loader")
    thread.start()
    thread.join()
    assert "thread 'loader'" in str(errors[0])
    assert "trials 0001, 0002 are active" in str(errors[0])
    first.close()
    second.close()


def test_bare_number_needs_a_metric(tmp_path: Path) -> None:
    """A number can only stand for the objective where one is named."""
    active = session(tmp_path)
    with pytest.raises(TrialError, match=r"bare number 0\.5 but no metric is named"):
        active.record(0.5)
    active.close()
