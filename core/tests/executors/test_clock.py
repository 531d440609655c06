"""The clock of a run is its own."""

import time

import pytest

import tunesmith as tune
from tunesmith._executors.clock import wall_clock


@pytest.mark.parametrize("jump_s", [7200.0, -7200.0])
def test_setting_the_machine_s_clock_moves_no_deadline(tmp_path, monkeypatch, jump_s):
    """A run's time budget is time that has passed, and so are its times."""
    real = time.time

    def train(config):
        for epoch in range(3):
            monkeypatch.setattr(time, "time", lambda: real() + jump_s)
            yield {"loss": config["x"] / (epoch + 1)}

    results = tune.run(
        train,
        {"x": tune.uniform(0, 1)},
        metric="loss",
        mode="min",
        num_samples=3,
        time_budget_s=3600,
        executor="inline",
        storage=tmp_path,
        verbose=0,
    )
    assert results.counts == {"completed": 3}
    times = [row["timestamp"] for trial in results for row in trial.history]
    assert times == sorted(times)
    assert times[-1] - times[0] < 3600


def test_it_tells_the_time_of_day():
    """It is the machine's clock as it was when the process began."""
    before = wall_clock()
    assert before == pytest.approx(time.time(), abs=3600)
    assert wall_clock() >= before
