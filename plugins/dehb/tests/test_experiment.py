"""DEHB in whole experiments, on a simulated cluster."""

import math

import pytest

import tunesmith as tune

OPTIONS = {"name": "dehb", "max_resource": 27}
SPACE = {f"x{axis}": tune.uniform(0, 1) for axis in range(6)}
SEEDS = range(10)


def distance(config):
    """Return how far from the optimum a configuration is."""
    return sum((config[f"x{axis}"] - 0.1 - 0.13 * axis) ** 2 for axis in range(6))


def learn(config):
    """Get nearer to the distance; early on, small x0 look better than they are."""
    for epoch in range(1, 28):
        bias = (0.3 + 0.5 * config["x0"]) / epoch
        yield {"loss": distance(config) + bias, "elapsed_s": float(epoch)}


@pytest.fixture
def search(tmp_path):
    """Run a pair of algorithms on four simulated workers."""

    def search(searcher, scheduler, num_samples, seed, **options):
        return tune.run(
            options.pop("trainable", learn),
            options.pop("space", SPACE),
            metric="loss",
            mode="min",
            searcher=searcher,
            scheduler=scheduler,
            num_samples=num_samples,
            executor={"name": "simulated", "workers": 4},
            storage=tmp_path,
            seed=seed,
            verbose=0,
            **options,
        )

    return search


def found(results):
    """Return the best distance among the fully trained, and how many epochs all took."""
    full = [distance(trial.config) for trial in results if trial.iterations == 27]
    return min(full), sum(trial.iterations for trial in results)


def test_it_beats_random_search_at_the_same_cost(search):
    """In ten experiments of ten, it gets nearer than fully trained random search.

    Each of the two has the same number of epochs. Were it no better, ten of ten would come about
    by chance once in 1024 times; the seeds are fixed, so that a failure is no chance at all.
    """
    for seed in SEEDS:
        evolved, epochs = found(search(OPTIONS, OPTIONS, 345, seed))
        drawn, _ = found(search("random", "fifo", math.ceil(epochs / 27), seed))
        assert evolved < drawn, f"seed {seed}"


def test_it_beats_random_search_under_another_scheduler(search):
    """With HyperBand, which promotes by itself, it gets nearer than random search, 10 of 10.

    Chance alone would do that once in 1024 times. Both try 140 configurations in the same brackets.
    """
    pytest.importorskip("tunesmith_hyperband", reason="needs tunesmith-hyperband: pip install it")
    hyperband = {"name": "hyperband", "max_resource": 27}
    for seed in SEEDS:
        evolved, epochs = found(search(OPTIONS, hyperband, 140, seed))
        drawn, same = found(search("random", hyperband, 140, seed))
        assert evolved < drawn, f"seed {seed}"
        assert epochs == same


def test_the_same_seed_gives_the_same_trials(search):
    """Two experiments of one seed agree in every configuration and end."""
    one, two = (
        [(t.id, t.config, t.iterations) for t in search(OPTIONS, OPTIONS, 80, 3)] for _ in "ab"
    )
    assert one == two


def test_trials_end_where_the_plan_says(search):
    """As in the paper: of the first iteration's trials 27 train to 1, 9 to 3; none is promoted."""
    results = search(OPTIONS, {**OPTIONS, "promote": False}, 40, 1)
    ends = [trial.iterations for trial in results]
    assert ends == [1] * 27 + [3] * 9 + [9] * 3 + [27]
    low = sorted(results[:27], key=lambda trial: trial.last_metrics["loss"])
    tried_again = [trial.config for trial in results[27:36]]
    assert sorted(map(str, tried_again)) == sorted(str(trial.config) for trial in low[:9])


def test_conditional_spaces_are_searched(search):
    """Parameters of one option take part where it is chosen, and the better option wins."""

    def judge(config):
        kind = config["kind"]
        good = abs(kind["momentum"] - 0.7) if kind["name"] == "sgd" else 1.0
        for epoch in range(1, 28):
            yield {"loss": good + config["x"] + 1 / epoch, "elapsed_s": float(epoch)}

    space = {
        "x": tune.uniform(0, 1),
        "kind": tune.choice([{"name": "sgd", "momentum": tune.uniform(0, 1)}, {"name": "adam"}]),
    }
    results = search(OPTIONS, OPTIONS, 207, 2, trainable=judge, space=space)
    assert {trial.status for trial in results} <= {"stopped", "completed"}
    assert all(
        ("momentum" in t.config["kind"]) == (t.config["kind"]["name"] == "sgd") for t in results
    )
    late = [trial.config["kind"]["name"] for trial in results[140:]]
    assert late.count("sgd") > 0.65 * len(late)  # by chance: once in 100 times
    assert results.best.config["kind"]["name"] == "sgd"


@pytest.mark.parametrize(
    "scheduler", ["fifo", "median-stopping", {"name": "hyperband", "max_resource": 27}]
)
def test_it_runs_under_any_scheduler(search, scheduler):
    """Whatever else decides how far trials go, the experiment ends with all trials made."""
    name = scheduler if isinstance(scheduler, str) else scheduler["name"]
    if name != "fifo":
        package = f"tunesmith-{name}"
        pytest.importorskip(package.replace("-", "_"), reason=f"needs {package}: pip install it")
    results = search(OPTIONS, scheduler, 60, 1)
    assert len(results) == 60
    assert results.best.iterations == 27
