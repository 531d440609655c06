"""HyperBand by name, in real experiments."""

from collections import Counter

import pytest

import tunesmith as tune
from tunesmith.testing.schedulers import SchedulerConformance
from tunesmith.testing.shims import ShimConformance


class TestShim(ShimConformance):
    """The packaging keeps to what every plugin must."""

    dist = "tunesmith-hyperband"


class TestConformance(SchedulerConformance):
    """It keeps to what every scheduler must."""

    scheduler = "hyperband"
    examples = 30


class TestConformanceBetweenRungs(SchedulerConformance):
    """So it does where rungs lie between reports, and brackets are few."""

    scheduler = "hyperband"
    options = {"reduction_factor": 1.5, "brackets": 2}  # noqa: RUF012 (as the suite declares it)
    examples = 15


def descend(config):
    """Go downhill from 5, a step a report; goes on from its checkpoint."""
    saved = tune.get_checkpoint()
    state = saved.to_dict() if saved else {"epoch": 0, "weight": 5.0}
    while state["epoch"] < 40:
        state["weight"] *= 1 - config["lr"]
        state["epoch"] += 1
        metrics = {"loss": state["weight"] ** 2, "seconds": state["epoch"] / 4}
        yield tune.Report(metrics, checkpoint=state)


@pytest.fixture
def run(tmp_path):
    """Run `descend` under HyperBand."""

    def run(scheduler=None, **options):
        return tune.run(
            descend,
            {"lr": tune.uniform(0, 1)},
            metric="loss",
            mode="min",
            scheduler=scheduler or {"name": "hyperband", "max_resource": 9},
            num_samples=17,
            storage=tmp_path,
            seed=5,
            verbose=0,
            **{"executor": "inline", **options},
        )

    return run


EXECUTORS = [
    "inline",
    {"name": "simulated", "workers": 5, "time_metric": "seconds"},
]


@pytest.mark.parametrize("executor", EXECUTORS, ids=["inline", "simulated"])
def test_a_round_ends_as_planned(run, executor):
    """Of 9 + 5 + 3 trials, 6 end at 1, 2 + 4 at 3, and 1 + 1 + 3 at 9, completed."""
    results = run(executor=executor)
    ends = Counter(trial.iterations for trial in results)
    assert ends == {1: 6, 3: 6, 9: 5}
    assert {trial.status for trial in results if trial.iterations == 9} == {"completed"}
    assert results.best.config["lr"] == max(trial.config["lr"] for trial in results)


@pytest.mark.parametrize("executor", EXECUTORS, ids=["inline", "simulated"])
def test_the_same_seed_gives_the_same_experiment(run, executor):
    """Two runs of one seed agree in every trial's end."""
    outcomes = [
        [(trial.id, trial.config, trial.status, trial.iterations, trial.reason) for trial in one]
        for one in (run(executor=executor), run(executor=executor))
    ]
    assert outcomes[0] == outcomes[1]


def test_rungs_may_lie_on_any_growing_metric(run):
    """With `resource="seconds"`, rungs are seconds: here 0.25, 0.75, and the end at 2.25."""
    results = run(
        {"name": "hyperband", "grace_period": 0.25, "max_resource": 2.25}, resource="seconds"
    )
    ends = Counter(trial.last_metrics["seconds"] for trial in results)
    assert ends == {0.25: 6, 0.75: 6, 2.25: 5}
