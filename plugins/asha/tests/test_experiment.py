"""ASHA by name, in real experiments."""

from collections import Counter

import pytest

import tunesmith as tune
from tunesmith.testing.shims import ShimConformance


class TestShim(ShimConformance):
    """The packaging keeps to what every plugin must."""

    dist = "tunesmith-asha"


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
    """Run `descend` with these options of ASHA."""

    def run(**options):
        return tune.run(
            descend,
            {"lr": tune.uniform(0, 1)},
            metric="loss",
            mode="min",
            scheduler={"name": "asha", "max_resource": 27, **options},
            num_samples=36,
            executor="inline",
            storage=tmp_path,
            seed=5,
            verbose=0,
            **({"resource": "seconds"} if options.get("max_resource") == 8 else {}),
        )

    return run


@pytest.mark.parametrize("mode", ["stopping", "promotion"])
def test_trials_end_at_rungs_and_the_best_at_the_end(run, mode):
    """All stand at 1, 3, 9 or 27; those at 27 completed, are the fewest, and have the best."""
    results = run(mode=mode)
    ends = Counter(trial.iterations for trial in results)
    assert {1, 27} <= set(ends) <= {1, 3, 9, 27}
    assert 2 * ends[27] < ends[1]
    assert {trial.status for trial in results if trial.iterations == 27} == {"completed"}
    assert {trial.reason for trial in results if trial.iterations == 27} == {
        "reached max_resource=27"
    }
    assert results.best.metrics["training_iteration"] == 27
    assert results.best.config["lr"] == max(trial.config["lr"] for trial in results)


@pytest.mark.parametrize("mode", ["stopping", "promotion"])
def test_the_same_seed_gives_the_same_experiment(run, mode):
    """Inline, two runs of one seed agree in every trial's end, brackets included."""
    outcomes = [
        [
            (trial.id, trial.config, trial.status, trial.iterations, trial.reason)
            for trial in results
        ]
        for results in (run(mode=mode, brackets=2), run(mode=mode, brackets=2))
    ]
    assert outcomes[0] == outcomes[1]


def test_rungs_may_lie_on_any_growing_metric(run):
    """With `resource="seconds"`, rungs are seconds: here 0.5, 1.5, 4.5, and the end at 8."""
    results = run(grace_period=0.5, max_resource=8)
    ends = {trial.last_metrics["seconds"] for trial in results}
    assert ends <= {0.5, 1.5, 4.5, 8.0}
    assert 8.0 in ends
