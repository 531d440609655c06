"""ASHA on simulated workers: many at once, and clocks that survive promotions."""

import contextlib
import json
import sqlite3
from collections import Counter
from pathlib import Path

import tunesmith as tune


def learn(config):
    """Report a curve at a pace of its own; goes on from its checkpoint."""
    saved = tune.get_checkpoint()
    start = saved.to_dict()["epoch"] if saved else 0
    for epoch in range(start + 1, 82):
        metrics = {"loss": config["level"] + 1 / epoch, "elapsed_s": epoch * config["pace"]}
        yield tune.Report(metrics, {"epoch": epoch}) if config["saves"] else metrics


def simulate(storage, workers, trials, *, saves, **options):
    space = {"level": tune.uniform(0, 1), "pace": tune.loguniform(0.5, 2), "saves": saves}
    results = tune.run(
        learn,
        space,
        metric="loss",
        mode="min",
        scheduler={"name": "asha", "max_resource": 27, **options},
        num_samples=trials,
        executor={"name": "simulated", "workers": workers},
        storage=storage,
        seed=11,
        verbose=0,
    )
    with contextlib.closing(sqlite3.connect(Path(results.path) / "experiment.sqlite")) as journal:
        rows = journal.execute("SELECT at, kind, trial, body, decisions FROM events ORDER BY seq")
        return results, rows.fetchall()


def test_five_hundred_workers_are_kept_busy(tmp_path):
    """500 workers run 500 trials at a time, and finish in a small part of one worker's time."""
    results, rows = simulate(tmp_path, 500, 900, saves=False)
    change = {"TrialStarted": 1, "TrialEnded": -1}
    running = peak = 0
    for _, kind, *_ in rows:
        running += change.get(kind, 0)
        peak = max(peak, running)
    assert (running, peak) == (0, 500)
    work = sum(trial.history[-1]["time_total_s"] for trial in results)
    assert work / 500 < rows[-1][0] < work / 20
    ends = Counter(trial.iterations for trial in results)
    assert set(ends) == {1, 3, 9, 27}
    assert ends[1] > 450
    assert {trial.status for trial in results if trial.iterations == 27} == {"completed"}


def test_promoted_trials_train_on_where_they_stood(tmp_path):
    """Nothing is trained twice: a resumed trial is as far on the clock as its checkpoint."""
    results, rows = simulate(tmp_path, 8, 120, saves=True, mode="promotion")
    pace = {trial.id: trial.config["pace"] for trial in results}
    begun, known, resumed = {}, Counter(), set()
    for at, kind, trial, body, _ in rows:
        if kind == "TrialStarted":
            resumed |= {trial} if known[trial] else set()
            begun[trial] = (at, known[trial])
        elif kind == "Reported":
            for _, metrics in json.loads(body)["reports"]:
                since, epochs = begun[trial]
                known[trial] = metrics["training_iteration"]
                trained = (known[trial] - epochs) * pace[trial]
                assert abs(metrics["timestamp"] - since - trained) < 1e-9
                assert metrics["time_total_s"] == known[trial] * pace[trial]
    assert len(resumed) > 5


def test_the_journal_is_the_same_bit_by_bit(tmp_path):
    """Two simulations of one seed write the same events, times and decisions."""
    for mode in ("stopping", "promotion"):
        (_, first), (_, second) = (
            simulate(tmp_path, 7, 40, saves=mode == "promotion", mode=mode) for _ in range(2)
        )
        assert first == second
