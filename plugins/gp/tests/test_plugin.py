"""The plugin as the core finds it, with the schedulers it is meant for."""

import pytest

import tunesmith as tune
from tunesmith.plugins import resolve
from tunesmith.testing.shims import ShimConformance


class TestShim(ShimConformance):
    """The package's shim keeps to the rules."""

    dist = "tunesmith-gp"


def test_the_searcher_is_found_by_name_with_its_options(lab):
    """So is the package's own name for it."""
    import tunesmith_gp

    choice = resolve("searcher", {"name": "gp", "candidates": 99})
    assert isinstance(choice.create(lab().problem), tunesmith_gp.GaussianProcessSearcher)
    assert choice.partial == "all"


@pytest.mark.parametrize(
    "scheduler",
    [
        "fifo",
        {"name": "asha", "max_resource": 9},
        {"name": "asha", "mode": "promotion", "max_resource": 9},
        {"name": "hyperband", "max_resource": 9},
    ],
)
def test_it_runs_with_every_kind_of_halving(tmp_path, scheduler):
    """Paused, resumed and stopped trials teach it; a model is made."""

    def train(config):
        for epoch in range(9):
            yield {"loss": (config["x"] - 0.3) ** 2 + 1 / (1 + epoch), "elapsed_s": epoch + 1.0}

    results = tune.run(
        train,
        {"x": tune.uniform(0, 1), "act": tune.choice(["relu", "tanh"])},
        metric="loss",
        mode="min",
        searcher="gp",
        scheduler=scheduler,
        num_samples=30,
        executor={"name": "simulated", "workers": 4},
        storage=tmp_path,
        seed=1,
        verbose=0,
    )
    assert len(results.trials) == 30
    assert {trial.status for trial in results.trials} <= {"completed", "stopped"}
    assert abs(results.best.config["x"] - 0.3) < 0.2
