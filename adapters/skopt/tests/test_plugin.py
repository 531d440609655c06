"""The plugin as the core finds it, and in a run."""

import pytest

import tunesmith as tune
from tunesmith.plugins import resolve
from tunesmith.testing.shims import ShimConformance


class TestShim(ShimConformance):
    """The package's shim keeps to the rules."""

    dist = "tunesmith-skopt"


def test_the_searcher_is_found_by_name_with_its_options(lab):
    """So is the package's own name for it."""
    import tunesmith_skopt

    choice = resolve("searcher", {"name": "skopt", "base_estimator": "ET", "acq_func": "LCB"})
    assert isinstance(choice.create(lab().problem), tunesmith_skopt.SkoptSearcher)


@pytest.mark.parametrize("scheduler", ["fifo", {"name": "asha", "max_resource": 9}])
def test_a_run_finds_the_optimum(tmp_path, scheduler):
    """With NaN, failures and a constraint, to the end and cut short."""

    def train(config):
        if config["lr"] > 0.9:
            raise RuntimeError("too fast")
        for epoch in range(9):
            loss = (config["lr"] - 0.3) ** 2 + config["width"] / 1000 + 1 / (1 + epoch)
            yield {"loss": float("nan") if config["lr"] < 0.01 else loss}

    results = tune.run(
        train,
        {"lr": tune.uniform(0, 1), "width": tune.qlograndint(16, 256, 16)},
        metric="loss",
        mode="min",
        searcher={
            "name": "skopt",
            "n_initial_points": 8,
            "acq_func": "EI",
            "acq_optimizer": "sampling",
        },
        scheduler=scheduler,
        constraint=lambda config: config["lr"] < 0.95,
        points_to_evaluate=[{"lr": 0.5, "width": 64}],
        num_samples=12,
        executor="inline",
        storage=tmp_path,
        seed=1,
        verbose=0,
    )
    assert len(results.trials) == 12
    assert abs(results.best.config["lr"] - 0.3) < 0.2
