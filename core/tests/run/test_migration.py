"""Habits from other libraries, and what they are answered with."""

import pickle

import pytest

import tunesmith as tune
from tunesmith._run import migration
from tunesmith._run.experiment import Experiment
from tunesmith.errors import UsageError


@pytest.fixture
def results(tmp_path):
    """Results of a run of two trials."""
    return tune.run(
        lambda config: config["x"],
        {"x": tune.uniform(0, 1)},
        metric="loss",
        mode="min",
        num_samples=2,
        executor="inline",
        storage=tmp_path,
        verbose=0,
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"param_space": {}}, "tune.run() has no option 'param_space'; did you mean 'space'?"),
        (
            {"max_failures": 3},
            (
                "tune.run() has no option 'max_failures'; write "
                "failure=tune.FailureConfig(max_retries=..., fail_fast=...)"
            ),
        ),
        (
            {"search_alg": "optuna", "seed": 1, "epochs": 3, "zebra": 1, "num_sample": 4},
            (
                "tune.run() has no option 'search_alg'; did you mean 'searcher'?\n"
                "nor 'epochs'; write stop={'training_iteration': ...}\n"
                "nor 'zebra'\n"
                "nor 'num_sample'; did you mean 'num_samples'?"
            ),
        ),
    ],
)
def test_options_of_another_library_are_told_all_at_once(options, message):
    """Whoever brings a whole call along mends it once, not option by option."""
    with pytest.raises(UsageError) as caught:
        Experiment.create(lambda config: 0.0, {}, **options)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Tuner", "; write tune.run(train, space, metric=..., mode=..., num_samples=...)"),
        ("ASHAScheduler", "; write scheduler='asha'"),
        ("OptunaSearch", "; write searcher='optuna'"),
        ("TPESampler", "; write searcher='optuna'"),
        ("ResultGrid", "; did you mean 'Results'?"),
        ("logunifrom", "; did you mean 'loguniform'?"),
        ("zzz", ""),
        ("__wrapped__", ""),
    ],
)
def test_names_of_another_library_are_known(name, told):
    """What there is not at the top of the package is answered with what there is."""
    with pytest.raises(AttributeError) as caught:
        getattr(tune, name)
    assert str(caught.value) == f"module 'tunesmith' has no attribute {name!r}{told}"
    assert not hasattr(tune, name)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("best_params", "; write results.best.config"),
        ("get_dataframe", "; did you mean 'dataframe'?"),
        ("sumary", "; did you mean 'summary'?"),
        ("zzz", ""),
    ],
)
def test_attributes_of_results_elsewhere_are_known(results, name, told):
    """A study's or a grid's attribute is answered with the one of results."""
    with pytest.raises(AttributeError) as caught:
        getattr(results, name)
    assert str(caught.value) == f"'Results' object has no attribute {name!r}{told}"


def test_attributes_of_trials_elsewhere_are_known(results):
    """A trial's likewise."""
    with pytest.raises(AttributeError) as caught:
        _ = results.best.params
    message = "'TrialResult' object has no attribute 'params'; did you mean 'config'?"
    assert str(caught.value) == message


def test_an_attribute_that_fails_is_not_told_as_missing(results, monkeypatch):
    """The error within a property is what is shown."""
    monkeypatch.delattr(type(results), "name")
    monkeypatch.setattr(type(results), "state", property(lambda self: self.name), raising=False)
    with pytest.raises(AttributeError, match="no attribute 'name'"):
        _ = results.state


def test_results_are_pickled_as_before(results):
    """Answering for names that are not there does not disturb who asks for protocols."""
    assert pickle.loads(pickle.dumps(results))[0].config == results[0].config  # noqa: S301 (ours)


def test_what_is_meant_is_there(results):
    """Each name that is said to be another one's is an option, or an attribute."""
    for elsewhere, there in (
        (migration.OPTIONS, Experiment.__struct_fields__),
        (migration.FUNCTIONS, tune.__all__),
        (migration.RESULTS, dir(results)),
        (migration.TRIAL, dir(results.best)),
    ):
        assert not set(elsewhere) & set(there)
        meant = {one for one in elsewhere.values() if one.isidentifier()}
        assert meant <= set(there)
