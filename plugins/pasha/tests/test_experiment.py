"""PASHA by name, in real experiments, and what its factory accepts."""

import subprocess
import sys
from math import inf, nan

import pytest

import tunesmith as tune
import tunesmith_pasha
from tunesmith.errors import UsageError
from tunesmith.testing.schedulers import SchedulerConformance
from tunesmith.testing.shims import ShimConformance
from tunesmith_pasha.scheduler import pasha


class TestShim(ShimConformance):
    """The packaging keeps to what every plugin must."""

    dist = "tunesmith-pasha"


class TestConformance(SchedulerConformance):
    """It keeps to what every scheduler must."""

    scheduler = "pasha"
    options = {"reduction_factor": 2}  # noqa: RUF012 (as the suite declares it)
    examples = 30


def descend(config):
    """Go downhill from 5, a step a report; goes on from its checkpoint."""
    saved = tune.get_checkpoint()
    state = saved.to_dict() if saved else {"epoch": 0, "weight": 5.0}
    while state["epoch"] < 40:
        state["weight"] *= 1 - config["lr"]
        state["epoch"] += 1
        bump = config["bump"] if state["epoch"] < 3 else 0
        metrics = {"loss": state["weight"] ** 2 + bump, "seconds": state["epoch"] / 4}
        yield tune.Report(metrics, checkpoint=state)


@pytest.fixture
def run(tmp_path):
    """Run `descend` under PASHA; `bump` hides for two epochs how good a trial is."""

    def run(executor="inline", bump=0.0):
        return tune.run(
            descend,
            {"lr": tune.uniform(0, 1), "bump": tune.uniform(0, bump) if bump else 0.0},
            metric="loss",
            mode="min",
            scheduler={"name": "pasha", "max_resource": 27},
            num_samples=18,
            executor=executor,
            storage=tmp_path,
            seed=5,
            verbose=0,
        )

    return run


EXECUTORS = ["inline", {"name": "simulated", "workers": 4, "time_metric": "seconds"}]


@pytest.mark.parametrize("executor", EXECUTORS, ids=["inline", "simulated"])
def test_easy_rankings_are_cheap(run, executor):
    """Where the best at 1 is the best at 3, nothing trains beyond 3 and the winner is found."""
    results = run(executor)
    assert {trial.iterations for trial in results} == {1, 3}
    assert {trial.status for trial in results if trial.iterations == 3} == {"completed"}
    assert results.best.config["lr"] == max(trial.config["lr"] for trial in results)


def test_misleading_rankings_train_longer(run):
    """Where early results mislead, further rungs open."""
    results = run(bump=1000.0)
    assert max(trial.iterations for trial in results) > 3


@pytest.mark.parametrize("executor", EXECUTORS, ids=["inline", "simulated"])
def test_the_same_seed_gives_the_same_experiment(run, executor):
    """Two runs of one seed agree in every trial's end."""
    outcomes = [
        [(trial.id, trial.config, trial.status, trial.iterations, trial.reason) for trial in one]
        for one in (run(executor, 9.0), run(executor, 9.0))
    ]
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize(
    ("options", "levels"),
    [
        ({}, (1, 3, 9, 27)),
        ({"max_resource": 100}, (1, 3, 9, 27, 81, 100)),
        ({"grace_period": 0.5, "reduction_factor": 2, "max_resource": 3}, (0.5, 1, 2, 3)),
    ],
)
def test_rungs_grow_by_the_factor_and_end_at_the_maximum(make_problem, options, levels):
    """Rungs lie at grace·η^k below the end, and at the end, which is 100 where nobody names it."""
    assert pasha(make_problem(27), **options)._levels == levels
    assert pasha(make_problem(None))._levels[-1] == 100


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"reduction_factor": 1}, ["reduction_factor=1 ", "greater than 1"]),
        ({"reduction_factor": nan}, ["reduction_factor=nan"]),
        ({"grace_period": 27}, ["grace_period=27", "max_resource=27", "epochs"]),
        ({"grace_period": 0}, ["grace_period=0"]),
        ({"max_resource": inf}, ["max_resource=inf"]),
    ],
)
def test_impossible_options_are_refused_with_their_values(make_problem, options, words):
    """An option out of range is a UsageError that quotes it and says what would do."""
    with pytest.raises(UsageError) as caught:
        pasha(make_problem(27, "epochs"), **options)
    for word in words:
        assert word in str(caught.value)


def test_the_shim_imports_no_scheduler():
    """Loading the plugin's entry point does not import the scheduler."""
    code = (
        "import sys, tunesmith_pasha._plugin as shim; specs = shim.tunesmith_schedulers(); "
        "assert [spec.name for spec in specs] == ['pasha'] and specs[0].capabilities.pauses; "
        "assert 'tunesmith_pasha.scheduler' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_package_offers_its_factory_lazily():
    """`tunesmith_pasha.pasha` is the factory; other names are AttributeErrors."""
    assert tunesmith_pasha.pasha is pasha
    with pytest.raises(AttributeError, match="no attribute 'asha'"):
        _ = tunesmith_pasha.asha
