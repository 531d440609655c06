"""The simulated executor: when things happen, beyond what every executor must do."""

import contextlib
import json
import math
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

import tunesmith as tune
from tunesmith._executors.conditions import Conditions
from tunesmith._executors.settings import WorkerSettings
from tunesmith._executors.simulated import SimulatedExecutor
from tunesmith._executors.worker import Workers
from tunesmith._trainable.checkpoint import CheckpointPolicy
from tunesmith._trainable.form import wrap
from tunesmith.errors import TrialError, UsageError
from tunesmith.plugins import default_registry
from tunesmith.protocols import Continue, ExecutorContext, Pause, Resources
from tunesmith.protocols import Stop as StopTrial
from tunesmith.protocols.commands import Anchor, Proceed, Stop
from tunesmith.protocols.commands import Pause as PauseNow
from tunesmith.protocols.events import CheckpointSaved, Reported, TrialEnded, TrialLost, TrialPaused
from tunesmith.testing import trainables
from tunesmith.testing.stage import Stage


def rows(path: str | Path) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(Path(path) / "experiment.sqlite")) as journal:
        found = journal.execute("SELECT at, kind, trial, body, decisions FROM events ORDER BY seq")
        return found.fetchall()


def times(path: str | Path, kind: str) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for at, what, trial, *_ in rows(path):
        if what == kind:
            found.setdefault(trial, []).append(at)
    return found


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Any]:
    """Run an experiment on simulated workers, whose options are passed as `on`."""

    def run(train: Any, space: Any, on: Any = None, **options: Any) -> Any:
        return tune.run(
            train,
            space,
            **{
                "metric": "loss",
                "mode": "min",
                "executor": {"name": "simulated", **(on or {})},
                "storage": tmp_path,
                "seed": 3,
                "verbose": 0,
                **options,
            },
        )

    return run


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    """Return a function that puts a simulated executor on the stage, past its first event."""
    made: list[SimulatedExecutor] = []

    def build(trainable: Any, *, context: Any = None, every: int | None = None, **options: Any):
        workers = Workers(
            WorkerSettings(
                trainable=wrap(trainable),
                folder=str(tmp_path),
                objective="loss",
                checkpoint=CheckpointPolicy(every=every, at_end=False),
            )
        )
        made.append(
            SimulatedExecutor(
                ExecutorContext(workers, str(tmp_path), Resources(), **(context or {})),
                **{"time_metric": "training_iteration", **options},
            )
        )
        made[-1].poll(None)
        return Stage(made[-1])

    yield build
    for executor in made:
        executor.close()


DURATIONS = [3.0, 1.0, 2.0, 2.0, 1.0]


def lasts(config: dict[str, Any]) -> dict[str, float]:
    """Take as long as `DURATIONS` says for this trial."""
    return {"loss": 1.0, "elapsed_s": DURATIONS[config["index"]]}


def steady(config: dict[str, Any]) -> Iterator[tune.Report]:
    """Report a curve, `pace` seconds an epoch, with checkpoints; go on from one."""
    found = tune.get_checkpoint()
    first = found.to_dict()["epoch"] + 1 if found else 1
    for epoch in range(first, 10):
        metrics = {"loss": config["x"] + 1 / epoch, "elapsed_s": epoch * config.get("pace", 1.0)}
        yield tune.Report(metrics, checkpoint={"epoch": epoch})


class Halving:
    """Pauses every trial at epoch 3; resumes the better half of the paused, ends the others."""

    def __init__(self, problem: Any) -> None:
        self.scores: dict[str, float] = {}

    def first(self, trial: Any) -> Continue:
        return Continue(9 if trial.id in self.scores else 3)

    def on_result(self, trial: Any, result: Any) -> Any:
        if trial.id in self.scores:
            return StopTrial("done", complete=True)
        self.scores[trial.id] = result.values[0]
        return Pause("rung")

    def next_trial(self, view: Any) -> str | None:
        if view.pending:
            return view.pending[0]
        good = sorted(self.scores, key=lambda trial: self.scores[trial])[: len(self.scores) // 2]
        if view.searching or any(view.trial(one).resource < 3 for one in view.running):
            return None
        return next((trial for trial in view.paused if trial in good), None)


# Schedules --------------------------------------------------------------------------------------


def test_trials_start_when_a_worker_is_free(run):
    """Two workers and durations 3, 1, 2, 2, 1: starts at 0, 0, 1, 3, 3; all is over at 5."""
    space = {"index": tune.grid_search(list(range(5)))}
    results = run(lasts, space, {"workers": 2}, searcher="grid")
    starts = {trial: found[0] for trial, found in times(results.path, "TrialStarted").items()}
    assert starts == {"0001": 0.0, "0002": 0.0, "0003": 1.0, "0004": 3.0, "0005": 3.0}
    assert rows(results.path)[-1][:2] == (5.0, "RunEnded")


def test_more_workers_than_trials_take_as_long_as_the_longest(run):
    """With a worker for each trial, all start at 0 and the longest decides."""
    space = {"index": tune.grid_search(list(range(5)))}
    results = run(lasts, space, {"workers": 9}, searcher="grid")
    assert times(results.path, "TrialEnded") == {
        f"{index + 1:04d}": [duration] for index, duration in enumerate(DURATIONS)
    }


def test_history_is_in_simulated_time(run):
    """`timestamp` is simulated seconds since the start, `time_total_s` those of training."""
    space = {"index": tune.grid_search(list(range(5)))}
    results = run(lasts, space, {"workers": 2}, searcher="grid")
    (row,) = results.trials[3].history
    assert (row["timestamp"], row["time_total_s"]) == (5.0, 2.0)


def test_ties_are_told_in_the_order_of_their_beginning(run):
    """Trials that report at the same simulated time do so in the order in which they started."""
    results = run(
        steady, {"x": tune.uniform(0, 1)}, {"workers": 3}, num_samples=3, searcher="random"
    )
    told = [(at, trial) for at, kind, trial, *_ in rows(results.path) if kind == "Reported"]
    assert told == [(float(at), trial) for at in range(1, 10) for trial in ("0001", "0002", "0003")]


def test_max_concurrent_bounds_the_workers(run):
    """The user's limit holds for simulated workers too."""
    results = run(
        lasts,
        {"index": tune.grid_search(list(range(5)))},
        {"workers": 9},
        searcher="grid",
        max_concurrent=1,
    )
    assert rows(results.path)[-1][0] == sum(DURATIONS)


def test_algorithms_are_told_how_many_run_at_once(run):
    """A problem's `max_concurrent` is the number of workers."""
    seen = []

    def scheduler(problem):
        seen.append(problem.max_concurrent)
        return Halving(problem)

    run(steady, {"x": tune.uniform(0, 1)}, {"workers": 7}, num_samples=1, scheduler=scheduler)
    assert seen == [7]


def test_delays(stage):
    """Starts, stops and checkpoints take the time that their options say."""
    shown = stage(
        trainables.yields_checkpoints,
        start_delay_s=10.0,
        stop_delay_s=100.0,
        checkpoint_delay_s=0.5,
    )
    shown.launch(until=2.0)
    shown.wait_for_decision()
    shown.send(Proceed(trial="0001", attempt=1, until=3.0))
    shown.wait_for_decision()
    shown.send(Stop(trial="0001", attempt=1, reason="test"))
    while not shown.executor.now() > 100:
        shown.poll(1000)
    assert [(type(event).__name__, event.at) for event in shown.about()] == [
        ("TrialStarted", 10.0),
        ("CheckpointSaved", 11.5),
        ("Reported", 11.5),
        ("CheckpointSaved", 13.0),
        ("Reported", 13.0),
        ("CheckpointSaved", 14.5),
        ("Reported", 14.5),
        ("TrialEnded", 114.5),
    ]


def test_pause_takes_its_save_and_its_stop(stage):
    """The slot of a paused trial is free after the checkpoint's and the stop's delay."""
    shown = stage(trainables.Counts, checkpoint_delay_s=0.5, stop_delay_s=2.0)
    shown.launch(until=3.0)
    shown.wait_for_decision()
    shown.send(PauseNow(trial="0001", attempt=1, reason="rung"))
    while not (found := [e for e in shown.about() if isinstance(e, TrialPaused)]):
        shown.poll(10)
    assert found[0].at == 5.5


# Lookahead --------------------------------------------------------------------------------------


def test_training_is_one_report_ahead(stage):
    """Training code runs up to the report that comes next, never further."""
    made = []

    def train(config):
        for step in range(1, 100):
            made.append(step)
            yield 1.0

    shown = stage(train)
    shown.launch()
    for at, ahead in ((0.5, 1), (1.5, 2), (4.5, 5)):
        while shown.executor.now() < at:
            shown.events += shown.executor.poll(at)
        assert made[-1] == ahead
        assert max(shown.resources(), default=0) == ahead - 1


def test_stop_cuts_what_is_ahead(stage, tmp_path):
    """A stop at 2.5 s follows the report at 2 s; that of 3 s, checkpoint included, is undone."""
    shown = stage(trainables.yields_checkpoints)
    shown.launch()
    while shown.executor.now() < 2.5:
        shown.events += shown.executor.poll(2.5)
    folder = tmp_path / "trials/0001/checkpoints"
    assert len(list(folder.iterdir())) == 3
    shown.send(Stop(trial="0001", attempt=1, reason="enough"))
    ended = shown.wait(TrialEnded)
    assert (ended.at, ended.outcome, ended.reason) == (2.5, "stopped", "enough")
    assert shown.resources() == [1.0, 2.0]
    assert len(list(folder.iterdir())) == 2
    assert not shown.poll(100)


def test_stop_undoes_an_end_that_was_ahead(stage):
    """What fails or completes only later has not when it is stopped before."""

    def train(config):
        yield {"loss": 1.0, "elapsed_s": 1}
        yield {"loss": 1.0, "elapsed_s": 5}

    for fails_at in (2, 3):
        shown = stage(train, time_metric="elapsed_s")
        shown.launch()
        while shown.executor.now() < fails_at:
            shown.events += shown.executor.poll(fails_at)
        shown.send(Stop(trial="0001", attempt=1, reason="x", outcome="interrupted"))
        assert shown.wait(TrialEnded).outcome == "interrupted"


def test_stop_before_the_start(stage):
    """A trial that is stopped during its start delay never runs its code."""
    ran = []
    shown = stage(ran.append, start_delay_s=5.0)
    shown.launch()
    assert shown.poll(1.0) == []
    shown.send(Stop(trial="0001", attempt=1, reason="x"))
    assert shown.wait(TrialEnded).at == 1.0
    assert not ran


def test_reports_in_a_row_are_one_event(run):
    """Where nothing else happens, reports travel together, each with its own time."""
    results = run(steady_long, {"x": tune.uniform(0, 1)}, num_samples=2)
    told = times(results.path, "Reported")
    assert all(len(found) < 10 for found in told.values())
    stamps = [[row["timestamp"] for row in trial.history] for trial in results]
    assert stamps[0] == [float(at) for at in range(1, 101)]
    assert stamps[1] == [float(at) for at in range(101, 201)]


def steady_long(config: dict[str, Any]) -> Iterator[dict[str, float]]:
    for epoch in range(1, 101):
        yield {"loss": 1 / epoch, "elapsed_s": float(epoch)}


# Pausing ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("pace", [1.0, 10.0])
def test_paused_trials_keep_their_clock(run, pace):
    """A trial resumed from its checkpoint takes the difference of its elapsed seconds."""
    space = {"x": tune.uniform(0, 1), "pace": pace}
    results = run(steady, space, {"workers": 2}, num_samples=4, scheduler=Halving)
    starts = times(results.path, "TrialStarted")
    assert sorted(map(len, starts.values())) == [1, 1, 2, 2]
    assert sorted(at for found in starts.values() for at in found) == [
        at * pace for at in (0, 0, 3, 3, 6, 6)
    ]
    for trial in results:
        if len(starts[trial.id]) == 2:
            assert [row["timestamp"] for row in trial.history][3:] == [
                starts[trial.id][1] + pace * epoch for epoch in range(1, 7)
            ]
            assert trial.history[-1]["time_total_s"] == 9 * pace
    assert rows(results.path)[-1][0] == 12 * pace


def test_trial_that_cannot_be_saved_trains_again(run):
    """Without a checkpoint, a resumed trial is back after as long as it had trained before."""

    def train(config):
        for epoch in range(1, 10):
            yield {"loss": config["x"] + 1 / epoch, "elapsed_s": epoch}

    results = run(train, {"x": tune.uniform(0, 1)}, num_samples=2, scheduler=Halving)
    assert rows(results.path)[-1][0] == 3 + 3 + 9


# Chance -----------------------------------------------------------------------------------------


def test_stragglers_are_slower_by_a_factor_of_their_own(run):
    """Each trial takes 1 + |z| times as long; time_total_s stays what it reported."""
    on = {"workers": 8, "straggler_sd": 0.5}
    results = run(lasts, {"index": tune.choice([0])}, on, num_samples=8)
    took = [trial.history[0]["timestamp"] / 3.0 for trial in results]
    assert len(set(took)) == 8
    assert all(1 < factor < 4 for factor in took)
    assert {trial.history[0]["time_total_s"] for trial in results} == {3.0}
    other = run(lasts, {"index": tune.choice([0])}, {**on, "seed": 1}, num_samples=8)
    assert [trial.history[0]["timestamp"] / 3.0 for trial in other] != took


def test_lost_workers_are_retried(run):
    """Drop-outs are lost trials: started again from their checkpoints, they all come to an end."""
    results = run(
        steady,
        {"x": tune.uniform(0, 1)},
        {"workers": 4, "drop_probability": 0.2},
        num_samples=8,
        failure=tune.FailureConfig(max_retries={"worker_lost": 1000}),
    )
    lost = [json.loads(body) for _, kind, _, body, _ in rows(results.path) if kind == "TrialLost"]
    assert len(lost) > 3
    assert {body["failure"] for body in lost} == {"worker_lost"}
    assert {trial.status for trial in results} == {"completed"}
    assert all([row["elapsed_s"] for row in t.history] == list(range(1, 10)) for t in results)


def test_losses_come_at_the_given_rate(stage):
    """Of trials that run for 10 s, about 1 - 0.9^10 are lost at 0.1 a second."""
    shown = stage(trainables.yields, workers=400, drop_probability=0.1, seed=5)
    for number in range(400):
        shown.launch(f"{number:04d}", steps=10)
    while not shown.executor.now() > 20:
        shown.poll(30)
    lost = [event for event in shown.events if isinstance(event, TrialLost)]
    assert abs(len(lost) / 400 - (1 - 0.9**10)) < 0.06
    assert all(0 < event.at <= 10 for event in lost)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_journal_is_the_same_bit_by_bit(run, seed):
    """Two runs of one seed write the same events, times and decisions, whatever may happen."""
    on = {
        "workers": 3,
        "start_delay_s": 0.1,
        "stop_delay_s": 0.2,
        "checkpoint_delay_s": 0.05,
        "straggler_sd": 0.3,
        "drop_probability": 0.02,
    }
    space = {"x": tune.uniform(0, 1), "pace": tune.loguniform(0.5, 2)}
    first, second = (
        run(steady, space, on, num_samples=8, scheduler=Halving, seed=seed) for _ in range(2)
    )
    assert rows(first.path) == rows(second.path)


# Budgets ----------------------------------------------------------------------------------------


def test_time_budget_is_in_simulated_seconds(run):
    """At the budget, trials are stopped; reports up to that moment count, later ones never were."""
    space = {"x": tune.uniform(0, 1), "pace": 1.5}
    results = run(steady, space, {"workers": 2}, num_samples=None, time_budget_s=20)
    last = rows(results.path)[-1]
    assert last[:2] == (20.0, "RunEnded")
    assert [trial.iterations for trial in results] == [9, 9, 4, 4]
    assert [trial.status for trial in results] == ["completed"] * 2 + ["stopped"] * 2
    assert max(row["timestamp"] for trial in results for row in trial.history) == 19.5


def test_report_at_the_very_end_of_the_budget_counts(run):
    """What happens exactly when the budget ends happens before it ends."""
    results = run(
        lasts, {"index": tune.choice([0])}, num_samples=None, time_budget_s=6, searcher="random"
    )
    assert [trial.status for trial in results][:2] == ["completed", "completed"]
    assert rows(results.path)[-1][0] == 6.0


# Mistakes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metrics", "message"),
    [
        ([{"elapsed": 1}], r"no 'elapsed_s', the time metric.*did you mean 'elapsed'\?"),
        ([{"elapsed_s": math.nan}], "'elapsed_s' is nan: expected the finite number"),
        ([{"elapsed_s": -1}], "'elapsed_s' is -1: expected the finite number"),
        ([{"elapsed_s": "1 s"}], "'elapsed_s' is '1 s': expected a number of seconds"),
        ([{"elapsed_s": 2}, {"elapsed_s": 1.5}], "must never decrease: got 1.5 after 2"),
    ],
)
def test_wrong_times_are_refused(run, metrics, message):
    """The time metric must be there, be seconds, and never go back; the error says so."""

    def train(config):
        for one in metrics:
            yield {"loss": 1.0, **one}

    failure = tune.FailureConfig(fail_fast=True)
    with pytest.raises(TrialError, match=message):
        run(train, {"x": tune.uniform(0, 1)}, num_samples=1, failure=failure)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"workers": 0}, "workers=0: expected a whole number"),
        ({"workers": True}, "workers=True: expected a whole number"),
        ({"start_delay_s": -1}, "start_delay_s=-1: expected a finite number, 0 or more"),
        ({"stop_delay_s": math.inf}, "stop_delay_s=inf"),
        ({"straggler_sd": math.nan}, "straggler_sd=nan"),
        ({"drop_probability": 1}, "drop_probability=1: expected the chance"),
    ],
)
def test_wrong_options_are_refused(stage, options, message):
    """An option that cannot be is named with its value."""
    with pytest.raises(UsageError, match=message):
        stage(trainables.yields, **options)


def test_auto_never_simulates():
    """Nobody gets simulated results without asking for them."""
    assert default_registry().executor("simulated").preference < 0
    assert default_registry().executor("auto").name != "simulated"


# Going on ---------------------------------------------------------------------------------------


def test_cut_off_trial_is_back_on_its_clock(stage):
    """A relaunched trial with an anchor reports when it would have without the cut."""
    context = {"since": 4.25}
    shown = stage(trainables.yields, context=context, start_delay_s=9.0)
    shown.launch(attempt=2, seen=2.0, steps=4, anchor=Anchor(4.0, 2.0))
    shown.wait(TrialEnded, attempt=2)
    reports = [report for e in shown.about() if isinstance(e, Reported) for report in e.reports]
    assert [report.metrics["timestamp"] for report in reports] == [5.0, 6.0]
    shown.launch(attempt=3, steps=1)
    assert shown.wait(TrialEnded, attempt=3).at == 6.0 + 9.0 + 1.0


def test_default_seed_is_the_experiments(stage):
    """Without a seed of its own, chance follows the experiment's seed."""

    def slow(seed):
        context = {"seeds": lambda name: Random(f"{seed}{name}")}
        shown = stage(trainables.yields, context=context, straggler_sd=1.0)
        shown.launch()
        return shown.wait(TrialEnded).at

    assert slow(1) == slow(1) != slow(2)


def test_saved_trials_know_simulated_seconds(stage):
    """A checkpoint's `elapsed_s` is the time metric, which a later start counts on from."""
    shown = stage(trainables.Counts, every=1)
    shown.launch(until=3.0)
    shown.wait_for_decision()
    saved = [event.checkpoint for event in shown.about() if isinstance(event, CheckpointSaved)]
    assert [one.elapsed_s for one in saved] == [1.0, 2.0, 3.0]


def test_losses_do_not_depend_on_attempts():
    """When a trial is lost depends on the clock alone, so that a relaunch changes nothing."""
    chance = Conditions(drop_probability=0.1, seed=1)
    first = chance.lost_at("0001", 0.0)
    second = chance.lost_at("0001", first)
    assert chance.lost_at("0001", first / 2) == first < second
    assert chance.lost_at("0001", (first + second) / 2) == second
    assert chance.lost_at("0002", 0.0) != first
