"""What every scenario runs with: each executor in turn, one Ray for the whole session."""

import functools

import pytest

import tunesmith as tune


@pytest.fixture(params=["inline", "ray"])
def executor(request):
    """Each executor in turn."""
    if request.param == "ray":
        request.getfixturevalue("running_ray")
    return request.param


@pytest.fixture
def quietly(tmp_path):
    """Run an experiment as users do, but quietly, in a folder of the test's own."""

    def run(trainable, space=None, **options):
        given = {
            "metric": "loss",
            "mode": "min",
            "storage": tmp_path / "runs",
            "num_samples": 1,
            "seed": 7,
            "verbose": 0,
            # One worker is enough where nothing runs at once, and starts in half the time.
            "max_concurrent": 1,
            **options,
        }
        return tune.run(trainable, {"x": tune.uniform(0, 1)} if space is None else space, **given)

    return run


@pytest.fixture
def run(quietly, executor):
    """Run an experiment on each executor in turn."""
    return functools.partial(quietly, executor=executor)


@pytest.fixture
def run_ray(quietly, running_ray):
    """Run an experiment on Ray only."""
    return functools.partial(quietly, executor="ray")


@pytest.fixture
def run_inline(quietly):
    """Run an experiment in this process only."""
    return functools.partial(quietly, executor="inline")
