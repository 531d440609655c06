"""ASHA with several objectives, in whole experiments."""

import pytest

import tunesmith as tune


def learn(config):
    """Trade an error against a size; both are known better with every epoch."""
    saved = tune.get_checkpoint()
    start = saved.to_dict()["epoch"] if saved else 0
    for epoch in range(start + 1, 30):
        noise = 1 / epoch
        metrics = {
            "elapsed_s": epoch,
            "error": (config["x"] - 0.2) ** 2 + config["waste"] + noise,
            "score": -((config["x"] - 0.8) ** 2) - config["waste"] - noise,
        }
        yield tune.Report(metrics, {"epoch": epoch})


@pytest.mark.parametrize("mode", ["stopping", "promotion"])
@pytest.mark.parametrize("sampler", ["tpe", "nsga2"])
def test_early_stopping_works_with_several_metrics(tmp_path, mode, sampler):
    """With Optuna's multi-objective samplers: few train to the end, and they make up the front."""
    pytest.importorskip("tunesmith_optuna", reason="needs tunesmith-optuna: pip install it")
    results = tune.run(
        learn,
        {"x": tune.uniform(0, 1), "waste": tune.uniform(0, 1)},
        metric=["error", "score"],
        mode=["min", "max"],
        searcher={"name": "optuna", "sampler": sampler},
        scheduler={"name": "asha", "max_resource": 27, "mode": mode},
        num_samples=40,
        executor={"name": "simulated", "workers": 4},
        storage=tmp_path,
        seed=3,
        verbose=0,
    )
    full = [trial for trial in results if trial.iterations == 27]
    assert 1 <= len(full) <= 20
    assert {trial.status for trial in full} == {"completed"}
    assert sum(trial.iterations for trial in results) < 0.6 * 27 * len(results)
    waste = [trial.config["waste"] for trial in results]
    assert max(trial.config["waste"] for trial in full) < sorted(waste)[len(waste) * 3 // 4]
    assert {trial.id for trial in results.pareto} & {trial.id for trial in full}


def test_one_metric_decides_as_it_always_did(tmp_path):
    """A second metric that says the same as the first changes no decision of the stopping form."""
    outcomes = []
    for metrics in (["error"], ["error", "score"]):
        results = tune.run(
            lambda config: (
                {"error": config["x"] + 1 / n, "score": config["x"] + 1 / n} for n in range(1, 10)
            ),
            {"x": tune.uniform(0, 1)},
            metric=metrics,
            mode=["min"] * len(metrics),
            scheduler={"name": "asha", "max_resource": 9},
            num_samples=30,
            executor="inline",
            storage=tmp_path,
            seed=2,
            verbose=0,
        )
        outcomes.append([(trial.id, trial.status, trial.iterations) for trial in results])
    assert outcomes[0] == outcomes[1]
