"""Results: what is best, what each trial is, and that only what is asked for is read."""

import builtins
import copy
import math
import pickle
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tunesmith._journal.reader import Reader
from tunesmith._run.api import resume
from tunesmith._run.results import Results, load
from tunesmith._run.revival import Revival
from tunesmith.errors import TrialError, UsageError
from tunesmith.protocols import Checkpoint, Objective, Report, commands, events

Make = Callable[..., Any]


def test_best_is_the_best_value_ever(digits: Any) -> None:
    """The best trial is judged by its best report, not by its last, and shows that report."""
    results = load(digits.finish())
    best = results.best
    assert (best.id, best.value, best.resource) == ("0001", 0.9, 2.0)
    assert best.metrics["accuracy"] == 0.9
    assert best.last_metrics["accuracy"] == 0.7
    assert best.config == {"lr": 0.1, "act": "relu"}


def test_scope_last_judges_by_the_last_report(digits: Any) -> None:
    """With scope="last" a trial that has fallen back loses to one that has not."""
    best = load(digits.finish()).best_by(scope="last")
    assert (best.id, best.metrics["accuracy"]) == ("0002", 0.75)


def test_best_by_another_metric(make: Make) -> None:
    """Any reported metric can be asked for, if its mode is told."""
    run = make()
    for trial, size in (("0001", 30), ("0002", 20)):
        run.suggest(trial)
        run.start(trial)
        run.report(trial, 1, 0.5, size=size)
    results = load(run.finish())
    assert results.best_by("size", "min").id == "0002"
    assert results.best_by("size", "max").metrics["size"] == 30
    with pytest.raises(UsageError, match="add mode='min' or mode='max'"):
        results.best_by("size")
    with pytest.raises(UsageError, match="mode='least' is unknown"):
        results.best_by("size", "least")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="scope='all' is unknown"):
        results.best_by(scope="all")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"no trial reported a finite 'sise'.*mean 'size'"):
        results.best_by("sise", "min")


@pytest.mark.parametrize("mode", ["min", "max"])
def test_non_finite_values_are_never_best(make: Make, mode: str) -> None:
    """NaN and both infinities lose to any finite number, in either mode and scope."""
    run = make(objectives=(Objective("loss", mode),))
    for number, value in enumerate([math.nan, math.inf, -math.inf, 1e300, "low", None], 1):
        run.suggest(f"000{number}")
        run.start(f"000{number}")
        run.report(f"000{number}", 1, value)
    results = load(run.finish())
    assert results.best.id == "0004"
    assert results.best_by(scope="last").id == "0004"
    assert math.isnan(results[0].metrics["loss"])
    assert results[1].last_metrics["loss"] == math.inf


def test_without_a_metric_the_first_error_is_told(make: Make) -> None:
    """If nothing was reported because trials failed, the traceback comes first, then the counts."""
    run = make()
    run.suggest("0001")
    run.start("0001")
    run.end("0001", "failed")
    with pytest.raises(TrialError) as caught:
        load(run.finish()).best  # noqa: B018
    assert str(caught.value).startswith("Traceback (most recent call last):\n  train.py:3")
    assert "no trial reported a finite 'accuracy' (1 failed); first, trial 0001" in str(
        caught.value
    )


def test_without_a_metric_a_misspelling_is_told(make: Make) -> None:
    """If another metric was reported instead, it is named."""
    run = make()
    run.suggest("0001")
    run.start("0001")
    report = Report(1.0, {"acuracy": 0.5, **run.clock(1)})
    run.about(events.Reported, "0001", reports=(report,))
    with pytest.raises(UsageError, match=r"1 running.*did you mean 'acuracy'"):
        load(run.folder).best  # noqa: B018


def test_an_empty_run_has_no_best(make: Make) -> None:
    """A run without trials says so, and can be printed."""
    results = load(make().finish())
    assert len(results) == 0
    assert "0 trials" in repr(results)
    with pytest.raises(UsageError, match="no trials"):
        results.best  # noqa: B018
    with pytest.raises(UsageError, match="the run has no trials"):
        results["0001"]


def test_trials_are_a_sequence(digits: Any) -> None:
    """Trials are found by position, from the end, by slice and by id, in order of suggestion."""
    results = load(digits.finish())
    assert len(results) == len(results.trials) == 3
    assert [trial.id for trial in results] == ["0001", "0002", "0003"]
    assert results[-1].id == results.trials["0003"].id == "0003"
    assert [trial.id for trial in results.trials[1:]] == ["0002", "0003"]
    assert results.best in results.trials
    with pytest.raises(UsageError, match="no trial '0009'; ids go from '0001' to '0003'"):
        results["0009"]
    with pytest.raises(IndexError):
        results[3]


def test_a_trial_tells_its_story_in_fields(digits: Any) -> None:
    """Status, reason, attempts, times and error are those of the events."""
    first, second, third = load(digits.finish())
    assert (first.status, first.reason, first.error) == ("completed", "", None)
    assert (second.status, second.reason) == ("stopped", "rung 3: not in the top third")
    assert (third.status, third.attempts, third.metrics) == ("failed", 1, {})
    assert third.error is not None
    assert third.error.startswith("Traceback")
    assert third.config == {"lr": 0.3, "act": "relu"}
    assert first.started_at is not None
    assert first.ended_at is not None
    assert first.started_at < first.ended_at


def test_history_rows_carry_the_clock(digits: Any) -> None:
    """Every row has training_iteration, time_total_s and timestamp, NaN included as NaN."""
    trial = load(digits.finish())["0002"]
    assert [row["training_iteration"] for row in trial.history] == [1, 2, 3]
    assert {"time_total_s", "timestamp"} <= trial.history[0].keys()
    assert math.isnan(trial.history[1]["accuracy"])
    assert load(digits.folder)["0003"].history == []


def test_errors_are_by_trial(digits: Any) -> None:
    """Failed trials, and only they, are in errors."""
    errors = load(digits.finish()).errors
    assert list(errors) == ["0003"]
    assert "ValueError: bad lr" in errors["0003"]


def test_a_lost_trial_that_was_given_up_has_an_error(make: Make) -> None:
    """A trial whose worker vanished once too often failed, and says why."""
    run = make()
    run.suggest("0001")
    run.start("0001")
    tell = commands.Tell(trial="0001", config={}, status="failed", result=None)
    run.about(events.TrialLost, "0001", tell, failure="oom", reason="worker used 9 GB")
    (trial,) = load(run.finish())
    assert (trial.status, trial.error) == ("failed", "oom: worker used 9 GB")


def test_a_retried_trial_has_no_error(make: Make) -> None:
    """A failure that a later attempt made good is history, not an error."""
    run = make()
    run.suggest("0001")
    run.start("0001")
    run.end("0001", "failed")
    assert load(run.folder)[0].status == "failed"
    run.start("0001")
    assert load(run.folder)[0].status == "running"
    run.end("0001", "completed")
    (trial,) = load(run.finish())
    assert (trial.status, trial.error, trial.attempts) == ("completed", None, 2)


def test_the_checkpoint_is_that_of_the_judged_report(make: Make) -> None:
    """Of several, the one at the best report is given, else the best-scoring one left."""
    run = make()
    run.suggest("0001")
    run.start("0001")
    run.report("0001", 1, 0.5, 0.9, 0.6)
    paths = {resource: run.save("0001", resource) for resource in (1, 2, 3)}
    trial = load(run.finish())[0]
    assert trial.checkpoint is not None
    assert trial.checkpoint.path == paths[2]
    assert [one.path for one in trial.checkpoints] == list(paths.values())
    paths[2].rmdir()
    assert trial.checkpoint.path == paths[3], "0.6 beats 0.5"
    for resource in (1, 3):
        paths[resource].rmdir()
    assert trial.checkpoint is None
    assert load(run.folder).best_by(scope="last").checkpoint is None


def test_a_checkpoint_is_read_only_when_asked(make: Make) -> None:
    """A pickled dict is loaded by to_dict, and by nothing before."""
    run = make()
    run.suggest("0001")
    run.start("0001")
    run.report("0001", 1, 0.5)
    path = run.save("0001", 1)
    (path / "checkpoint.pkl").write_bytes(pickle.dumps({"epoch": 1}))
    checkpoint = load(run.finish()).best.checkpoint
    assert checkpoint is not None
    assert checkpoint.path.is_absolute()
    assert checkpoint.to_dict() == {"epoch": 1}


def test_nothing_is_unpickled_to_read_a_run(
    digits: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Reading everything a run tells never touches pickle."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("unpickled")

    for name in ("load", "loads", "Unpickler"):
        monkeypatch.setattr(pickle, name, refuse)
    results = load(digits.finish())
    assert results.summary()
    assert results.best.history
    assert results.errors
    assert not results.dataframe().empty


def test_a_fork_s_best_keeps_the_configuration_it_ran(make: Make) -> None:
    """A report from before a fork is shown with the configuration that made it."""
    run = make()
    run.suggest("0001", lr=0.1)
    run.start("0001")
    run.report("0001", 1, 0.9, 0.2)
    source = Checkpoint("0002", 1.0, "trials/0002/checkpoints/1")
    launch = commands.Launch(trial="0001", attempt=2, config={"lr": 0.5}, checkpoint=source)
    run.about(events.TrialEnded, "0001", launch, outcome="interrupted", reason="exploit 0002")
    run.start("0001")
    run.report("0001", 2, 0.3)
    results = load(run.finish())
    assert results.best.config == {"lr": 0.1}
    assert results.best_by(scope="last").config == {"lr": 0.5}
    assert [row["training_iteration"] for row in results[0].history] == [1, 2, 2]


def test_pareto_holds_what_nothing_beats(make: Make) -> None:
    """With several objectives every undominated report is there, and no single best."""
    run = make(objectives=(Objective("accuracy", "max"), Objective("size", "min")))
    points = {
        "0001": [(0.5, 10), (0.9, 30)],
        "0002": [(0.8, 30), (0.7, 20)],
        "0003": [(0.7, 20), (math.nan, 1)],
        "0004": [(0.4, 50)],
    }
    for trial, pairs in points.items():
        run.suggest(trial)
        run.start(trial)
        for number, (accuracy, size) in enumerate(pairs, 1):
            run.report(trial, number, accuracy, size=size)
    results = load(run.finish())
    front = [(one.id, one.metrics["accuracy"], one.metrics["size"]) for one in results.pareto]
    assert front == [("0001", 0.9, 30), ("0002", 0.7, 20), ("0003", 0.7, 20), ("0001", 0.5, 10)]
    assert results[0].metrics["size"] == 30, "judged by its last report"
    with pytest.raises(UsageError, match=r"several objectives.*results\.pareto"):
        results.best  # noqa: B018
    assert results.best_by("size").id == "0003"
    assert "best accuracy=0.9 (trial 0001)" in repr(results)


def test_pareto_of_one_objective_is_the_best(digits: Any, make: Make) -> None:
    """One objective has a front of one trial, or of none."""
    assert [trial.id for trial in load(digits.finish()).pareto] == ["0001"]
    assert load(make("empty").finish()).pareto == ()


def test_a_live_run_is_loaded_and_refreshed(digits: Any) -> None:
    """Results of a live run show what is durable, and more after refresh."""
    results = load(digits.folder)
    assert results.state == "running"
    digits.suggest("0004", lr=0.4)
    digits.start("0004")
    digits.report("0004", 1, 0.99)
    assert len(results) == 3
    assert results.refresh().best.id == "0004"
    assert results["0004"].status == "running"
    digits.finish("stopped", "Ctrl-C")
    assert results.refresh().state == "stopped"
    assert results.reason == "Ctrl-C"
    assert results["0004"].status == "pending", "it can go on"


def test_a_moved_run_is_loaded(digits: Any, tmp_path: Path) -> None:
    """A run folder works from anywhere; paths follow it."""
    folder = digits.finish()
    digits_results = load(folder)
    digits_results.close()
    shutil.move(folder, tmp_path / "elsewhere")
    results = load(tmp_path / "elsewhere")
    assert results.path == tmp_path / "elsewhere"
    assert results.best.path == tmp_path / "elsewhere" / "trials" / "0001"
    assert results.best.value == 0.9


def test_results_travel_as_their_path(digits: Any) -> None:
    """Pickling results sends the path, and the other side reads the folder."""
    results = load(digits.finish())
    again = pickle.loads(pickle.dumps(results))  # noqa: S301 (our own)
    assert isinstance(again, Results)
    assert again.best.id == results.best.id


def test_trials_travel_as_the_path_of_their_run(digits: Any) -> None:
    """Pickled or copied, trials read their run's journal again, one reader for all of them."""
    results = load(digits.finish())
    sent = pickle.dumps([results.best, *results.trials])
    best, *others = pickle.loads(sent)  # noqa: S301 (our own)
    assert best.metrics == results.best.metrics
    assert [trial.config for trial in others] == [trial.config for trial in results]
    assert all(trial._archive is best._archive for trial in others)
    assert copy.deepcopy(results.best).history == results.best.history


@pytest.mark.parametrize("given", [None, "", b"runs", 3, ["runs"]])
def test_what_is_no_path_is_told_so(given: Any) -> None:
    """Loading and resuming name what they were given, and what they take."""
    for call in (load, resume):
        with pytest.raises(UsageError, match=r"names no run; give its folder, .* results\.path"):
            call(given)


def test_results_are_no_path(digits: Any) -> None:
    """Results instead of their path are answered with results.path."""
    results = load(digits.finish())
    with pytest.raises(UsageError, match=r"path=<results of .* results know theirs: results\.path"):
        resume(results)  # type: ignore[arg-type]


@pytest.mark.parametrize("wanted", [3, 3.5, b"3"])
def test_what_is_no_list_of_trials_is_told_so(digits: Any, wanted: Any) -> None:
    """One trial to be revived is written as a list of it."""
    revival = Revival(digits.finish(), lambda: 0.0)
    with pytest.raises(UsageError, match=re.escape(f"expected a list; write revive=[{wanted!r}]")):
        revival.chosen(wanted)
    assert revival.chosen([3]) == ["0003"]


def test_the_summary_names_state_counts_and_best(digits: Any) -> None:
    """Printing results answers: did it end, how many, what is best."""
    text = repr(load(digits.finish()))
    assert "completed, 3 trials (1 completed, 1 stopped, 1 failed)" in text
    assert "best accuracy=0.9 (trial 0001): lr=0.1, act=relu" in text
    assert "0001: completed, accuracy=0.9; lr=0.1, act=relu" in repr(load(digits.folder)[0])


def test_dataframe_has_a_row_per_trial_or_report(digits: Any) -> None:
    """Parameters are under config/, metrics under their names."""
    results = load(digits.finish())
    trials = results.dataframe()
    assert list(trials["trial"]) == ["0001", "0002", "0003"]
    assert trials["accuracy"].iloc[0] == 0.9
    assert list(trials["config/lr"]) == [0.1, 0.2, 0.3]
    reports = results.dataframe(history=True)
    assert list(reports["trial"]) == ["0001"] * 3 + ["0002"] * 3
    assert list(reports["config/act"].unique()) == ["relu", "tanh"]


def test_a_metric_named_like_a_column_takes_no_column_s_place(make: Make) -> None:
    """What a trial reports as "status" is beside its own status, under "metrics/"."""
    run = make()
    run.suggest("0001", lr=0.1)
    run.start("0001")
    run.report("0001", 1, 0.5, **{"status": "fine", "reason": "why", "config/lr": 7})
    run.end("0001", "completed")
    results = load(run.finish())
    (row,) = results.dataframe().to_dict("records")
    assert (row["trial"], row["status"], row["reason"]) == ("0001", "completed", "")
    assert (row["metrics/status"], row["metrics/reason"], row["accuracy"]) == ("fine", "why", 0.5)
    assert (row["config/lr"], row["metrics/config/lr"]) == (0.1, 7)
    (row,) = results.dataframe(history=True).to_dict("records")
    assert (row["status"], row["config/lr"], row["metrics/config/lr"]) == ("fine", 0.1, 7)


def test_dataframe_without_pandas_tells_the_fix(
    digits: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without pandas the error names the command that installs it."""
    real = builtins.__import__

    def no_pandas(name: str, *args: Any, **options: Any) -> Any:
        if name == "pandas":
            raise ImportError(name)
        return real(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", no_pandas)
    with pytest.raises(UsageError, match="pip install pandas"):
        load(digits.finish()).dataframe()


def test_loading_reads_the_journal_once(digits: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading and listing statuses takes one pass; a configuration costs one row more."""
    queries: list[str] = []
    real = Reader.select

    def counted(self: Reader, query: str, parameters: Any = ()) -> Any:
        queries.append(query)
        return real(self, query, parameters)

    folder = digits.finish()
    monkeypatch.setattr(Reader, "select", counted)
    results = load(folder)
    assert len(queries) == 3, "the header, whether there is a digest, and one page of events"
    assert [trial.status for trial in results] == ["completed", "stopped", "failed"]
    assert results.best.value == 0.9
    assert len(queries) == 3
    assert results.best.config["lr"] == 0.1
    assert len(queries) == 4
