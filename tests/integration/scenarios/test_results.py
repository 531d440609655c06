"""What a run leaves: results, their history, callbacks' order, errors, the folder."""

import time

import pytest

import tunesmith as tune

ENGINE_ONLY = pytest.mark.parametrize(
    "executor", ["inline", pytest.param("ray", marks=pytest.mark.slow)], indirect=True
)
"""What the engine decides, wherever trials run: on Ray in the slow suite only."""


def curve(config):
    """Go down to x at the second report and up again."""
    for value in (config["x"] + 1, config["x"], config["x"] + 2):
        yield {"loss": value, "other": -value}


POINTS = [{"x": 0.5}, {"x": 0.1}, {"x": 0.9}]


@ENGINE_ONLY
def test_best_is_the_best_report_ever(run):
    """`best` judges trials by their best report, `scope="last"` by the last one."""
    results = run(curve, points_to_evaluate=POINTS, num_samples=3)
    best = results.best
    assert (best.id, best.config, best.value, best.resource) == ("0002", {"x": 0.1}, 0.1, 2.0)
    assert best.metrics["training_iteration"] == 2
    assert best.last_metrics["training_iteration"] == 3
    assert results.best_by(scope="last").value == pytest.approx(2.1)
    assert results.best_by("other", "min").config == {"x": 0.9}


@ENGINE_ONLY
def test_several_objectives_have_a_front_and_no_best(run):
    """`pareto` holds the reports that no other beats in all objectives."""
    results = run(
        lambda config: {"error": config["x"], "size": 1 - config["x"] + (config["x"] == 0.5)},
        metric=["error", "size"],
        mode=["min", "min"],
        points_to_evaluate=[{"x": 0.2}, {"x": 0.5}, {"x": 0.8}],
        num_samples=3,
    )
    assert [trial.config["x"] for trial in results.pareto] == [0.2, 0.8]
    with pytest.raises(tune.UsageError, match="no single best of several objectives"):
        _ = results.best
    assert results.best_by("size").config == {"x": 0.8}


def test_results_are_a_sequence_of_trials(run_inline):
    """Length, iteration, slices and ids work; each trial has its history."""
    results = run_inline(curve, num_samples=4)
    assert len(results) == 4
    assert [trial.id for trial in results] == ["0001", "0002", "0003", "0004"]
    assert results[1] == results["0002"]
    assert [trial.id for trial in results[-2:]] == ["0003", "0004"]
    assert results.counts == {"completed": 4}
    assert results.state == "completed"


def test_results_become_tables(run_inline):
    """A row per trial with its parameters and metrics; with history, a row per report."""
    results = run_inline(curve, points_to_evaluate=POINTS, num_samples=3)
    table = results.dataframe()
    assert list(table["trial"]) == ["0001", "0002", "0003"]
    assert list(table["config/x"]) == [0.5, 0.1, 0.9]
    assert list(table["loss"]) == [0.5, 0.1, 0.9]
    rows = results.dataframe(history=True)
    assert len(rows) == 9
    assert {"trial", "training_iteration", "time_total_s", "timestamp", "loss"} <= set(rows)


@ENGINE_ONLY
def test_loading_gives_the_same_results(run, tmp_path):
    """`tune.load` of the folder, moved or not, equals what the run returned."""
    results = run(curve, num_samples=2, name="one")
    moved = tmp_path / "elsewhere"
    results.close()
    (tmp_path / "runs" / "one").rename(moved)
    loaded = tune.load(moved)
    assert [trial.history for trial in loaded] == [trial.history for trial in tune.load(moved)]
    assert [trial.config for trial in loaded] == [trial.config for trial in tune.load(moved)]
    assert loaded.best.value == min(trial.value for trial in loaded)
    assert loaded.path == moved


class Diary:
    """Note every call a callback gets."""

    def __init__(self):
        self.calls = []

    def on_experiment_start(self, experiment):
        self.calls.append(("experiment start", experiment.num_samples))

    def on_trial_start(self, trial):
        self.calls.append(("start", trial.id, trial.status))

    def on_result(self, trial, result):
        self.calls.append(("result", trial.id, result.resource, result.metrics["loss"]))

    def on_checkpoint(self, trial, checkpoint):
        self.calls.append(("checkpoint", trial.id, checkpoint.resource))

    def on_trial_end(self, trial):
        self.calls.append(("end", trial.id, trial.status, trial.last.values))

    def on_experiment_end(self, results):
        self.calls.append(("experiment end", results.state, len(results)))


def saves(config):
    """Report twice, saving the first time."""
    yield tune.Report({"loss": 2.0}, checkpoint={"epoch": 1})
    yield {"loss": 1.0}


def test_callbacks_hear_everything_in_order(run):
    """Start, checkpoint before its report, reports, end: per trial, between the run's own."""
    diary = Diary()
    run(saves, num_samples=2, callbacks=[diary])
    assert diary.calls == [
        ("experiment start", 2),
        *(
            call
            for trial in ("0001", "0002")
            for call in (
                ("start", trial, "running"),
                ("checkpoint", trial, 1.0),
                ("result", trial, 1.0, 2.0),
                ("result", trial, 2.0, 1.0),
                ("end", trial, "completed", (1.0,)),
            )
        ),
        ("experiment end", "completed", 2),
    ]


def test_callbacks_hear_only_what_is_on_disk(run, tmp_path):
    """When on_result is called, another reader of the folder finds that result already."""
    missing = []

    class Checker:
        def on_result(self, trial, result):
            loaded = tune.load(tmp_path / "runs" / "live")
            if result.metrics not in loaded[trial.id].history:
                missing.append((trial.id, result.resource))
            loaded.close()

    run(curve, num_samples=3, callbacks=[Checker()], name="live")
    assert not missing


@ENGINE_ONLY
def test_a_callback_that_raises_is_reported_once_and_harms_nothing(run, capsys):
    """The run goes on without it, and other callbacks are still called."""

    class Broken:
        calls = 0

        def on_result(self, trial, result):
            Broken.calls += 1
            raise OSError("no network")

    diary = Diary()
    results = run(saves, num_samples=3, callbacks=[Broken(), diary], verbose=1)
    assert Broken.calls == 1
    assert {trial.status for trial in results} == {"completed"}
    assert len([call for call in diary.calls if call[0] == "result"]) == 6
    told = "".join(capsys.readouterr())
    assert told.count("callback Broken failed in on_result") == 1
    assert "OSError: no network" in told


def test_nothing_is_printed_unless_asked(run, capfd):
    """verbose=0 leaves standard output and error empty."""
    capfd.readouterr()
    run(saves, num_samples=2)
    assert capfd.readouterr() == ("", "")


def test_an_existing_run_is_never_overwritten(run_inline, tmp_path):
    """A second run of one name is refused, with both ways out."""
    run_inline(saves, name="mine")
    with pytest.raises(tune.UsageError, match=r"exists already.*\n?.*tune\.resume.*name="):
        run_inline(saves, name="mine")


def test_a_live_run_can_be_read_from_inside_a_callback(run_inline, tmp_path):
    """`tune.load` shows a run in progress as running, and `refresh` brings what is new."""
    seen = []

    class Watcher:
        def on_experiment_start(self, experiment):
            self.results = tune.load(tmp_path / "runs" / "live")

        def on_trial_end(self, trial):
            self.results.refresh()
            seen.append((self.results.state, self.results.counts["completed"]))

    run_inline(saves, num_samples=2, callbacks=[Watcher()], name="live")
    assert seen == [("running", 1), ("running", 2)]


@ENGINE_ONLY
def test_the_clock_of_a_run_is_wall_time(run):
    """started_at and ended_at lie between the start and the end of the call."""
    begun = time.time()
    (trial,) = run(saves)
    assert begun <= trial.started_at <= trial.ended_at <= time.time()
