"""The median stopping rule by name, in real experiments."""

import pytest

import tunesmith as tune
from tunesmith.testing.schedulers import SchedulerConformance
from tunesmith.testing.shims import ShimConformance


class TestShim(ShimConformance):
    """The packaging keeps to what every plugin must."""

    dist = "tunesmith-median-stopping"


class TestConformance(SchedulerConformance):
    """It keeps to what every scheduler must."""

    scheduler = "median-stopping"
    options = {"min_samples": 1}  # noqa: RUF012 (as the suite declares it)
    examples = 30


def descend(config):
    """Go downhill from 5, a step a report."""
    weight = 5.0
    for epoch in range(1, 21):
        weight *= 1 - config["lr"]
        yield {"loss": weight**2, "seconds": epoch / 4}


@pytest.fixture
def run(tmp_path):
    """Run `descend` under the rule."""

    def run(executor="inline"):
        return tune.run(
            descend,
            {"lr": tune.uniform(0, 1)},
            metric="loss",
            mode="min",
            scheduler={"name": "median-stopping", "grace_period": 2},
            num_samples=20,
            executor=executor,
            storage=tmp_path,
            seed=5,
            verbose=0,
        )

    return run


EXECUTORS = ["inline", {"name": "simulated", "workers": 4, "time_metric": "seconds"}]


@pytest.mark.parametrize("executor", EXECUTORS, ids=["inline", "simulated"])
def test_the_worse_half_is_stopped_and_the_best_goes_on(run, executor):
    """Some trials complete, the best among them; some are stopped, with the reason."""
    results = run(executor)
    completed = [trial for trial in results if trial.status == "completed"]
    stopped = [trial for trial in results if trial.status == "stopped"]
    assert len(completed) + len(stopped) == 20
    assert len(completed) >= 4
    assert len(stopped) >= 4
    assert min(trial.iterations for trial in stopped) >= 2
    assert all("worse than the median of" in trial.reason for trial in stopped)
    assert results.best.config["lr"] == max(trial.config["lr"] for trial in results)


@pytest.mark.parametrize("executor", EXECUTORS, ids=["inline", "simulated"])
def test_the_same_seed_gives_the_same_experiment(run, executor):
    """Two runs of one seed agree in every trial's end."""
    outcomes = [
        [(trial.id, trial.config, trial.status, trial.iterations, trial.reason) for trial in one]
        for one in (run(executor), run(executor))
    ]
    assert outcomes[0] == outcomes[1]
