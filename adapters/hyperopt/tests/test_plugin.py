"""The plugin as the core finds it, and in a run."""

import pytest

import tunesmith as tune
from tunesmith.plugins import resolve
from tunesmith.testing.shims import ShimConformance


class TestShim(ShimConformance):
    """The package's shim keeps to the rules."""

    dist = "tunesmith-hyperopt"


def test_the_searcher_is_found_by_name_with_its_options(lab):
    """So is the package's own name for it."""
    import tunesmith_hyperopt

    choice = resolve("searcher", {"name": "hyperopt", "algo": "anneal", "shrink_coef": 0.2})
    assert isinstance(choice.create(lab().problem), tunesmith_hyperopt.HyperoptSearcher)


@pytest.mark.parametrize("scheduler", ["fifo", {"name": "asha", "max_resource": 9}])
def test_a_run_finds_the_optimum(tmp_path, scheduler):
    """On a conditional space, with NaN, failures and a constraint, to the end and cut short."""

    def train(config):
        momentum = config["optimizer"].get("momentum", 0.5)
        if config["lr"] > 0.9:
            raise RuntimeError("too fast")
        for epoch in range(9):
            loss = (config["lr"] - 0.3) ** 2 + (momentum - 0.9) ** 2 + 1 / (1 + epoch)
            yield {"loss": float("nan") if config["lr"] < 0.01 else loss}

    results = tune.run(
        train,
        {
            "lr": tune.uniform(0, 1),
            "optimizer": tune.choice(
                [{"name": "sgd", "momentum": tune.uniform(0, 1)}, {"name": "adam"}]
            ),
        },
        metric="loss",
        mode="min",
        searcher={"name": "hyperopt", "n_startup_jobs": 8},
        scheduler=scheduler,
        constraint=lambda config: config["lr"] < 0.95,
        points_to_evaluate=[{"lr": 0.5, "optimizer": {"name": "adam"}}],
        num_samples=40,
        executor="inline",
        storage=tmp_path,
        seed=1,
        verbose=0,
    )
    assert len(results.trials) == 40
    assert abs(results.best.config["lr"] - 0.3) < 0.2
