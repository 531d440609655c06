"""What people see of a run, to the letter."""

import io
import logging
import math
import sys
import tempfile
from typing import Any

import pytest

from tunesmith._run.board import Board, Facts
from tunesmith._run.display import Display
from tunesmith.protocols import ErrorInfo, Objective, Result, TrialStatus, TrialView
from tunesmith.protocols.events import RunEnded

TRACE = 'Traceback (most recent call last):\n  File "train.py", line 3, in train\nValueError: boom'


class Time:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Closed(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


def facts(**changes: Any) -> Facts:
    given = {
        "name": "digits-1",
        "path": "runs/digits-1",
        "objectives": (Objective("accuracy", "max"),),
        "searcher": "optuna",
        "scheduler": "asha",
        "executor": "inline",
        "num_samples": 4,
        **changes,
    }
    return Facts(**given)


def trial(number: int, status: TrialStatus = "running", **changes: Any) -> TrialView:
    config = {"lr": 0.1 * number, "opt": {"name": "sgd"}}
    return TrialView(id=f"{number:04d}", config=config, status=status, attempt=1, **changes)


def result(epoch: int, accuracy: float) -> Result:
    metrics = {"accuracy": accuracy, "training_iteration": epoch, "time_total_s": 2.0 * epoch}
    return Result(resource=epoch, values=(-accuracy,), metrics=metrics)


def error(message: str = "boom", fingerprint: str = "f") -> ErrorInfo:
    return ErrorInfo("ValueError", message, TRACE, fingerprint)


class Screen:
    """A display and all that it wrote."""

    def __init__(self, stream: io.StringIO | None = None, **options: Any) -> None:
        self.time = Time()
        self.stream = stream or io.StringIO()
        self.display = Display(
            facts(**options.pop("facts", {})),
            stream=self.stream,
            clock=self.time,
            frames=self.time,
            **options,
        )

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    def play(self) -> None:
        """Run four trials: two are stopped, one fails, one completes."""
        display = self.display
        display.on_experiment_start()
        for number in range(1, 5):
            display.on_trial_start(trial(number))
            self.time.now += 2
            display.on_result(trial(number), result(1, 0.5 + number / 10))
            if number == 3:
                display.on_trial_end(trial(number, "failed"), error())
            else:
                status: TrialStatus = "completed" if number == 4 else "stopped"
                last = result(1, 0.5 + number / 10)
                view = trial(number, status, resource=1.0, last=last, reason="rung 1")
                display.on_trial_end(view)
            self.time.now += 1
        display.on_experiment_end(RunEnded(at=12.0, status="completed"))


def test_quiet_prints_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """`verbose=0` writes not a character; warnings go to logging."""
    screen = Screen(verbose=0, stream=Terminal())
    screen.play()
    with caplog.at_level(logging.WARNING, "tunesmith"):
        screen.display.warn("callback X failed")
        screen.display.say("stopping")
    assert screen.text == ""
    assert caplog.messages == ["callback X failed"]


def test_plain_lines_tell_the_state_now_and_then() -> None:
    """Without a terminal: a line when something is news, one for a new failure, a summary."""
    screen = Screen()
    screen.play()
    assert screen.text == (
        "4 trials, optuna with asha on inline, in runs/digits-1\n"
        "     2s  0/4 trials: 1 running; best accuracy=0.6 (trial 0001)\n"
        "     5s  1/4 trials: 1 running, 1 stopped, 15s left; best accuracy=0.7 (trial 0002)\n"
        "     8s  2/4 trials: 1 running, 2 stopped, 8s left; best accuracy=0.8 (trial 0003)\n"
        "     8s  trial 0003 failed: ValueError: boom\n"
        "    11s  3/4 trials: 1 running, 2 stopped, 1 failed, 4s left; "
        "best accuracy=0.9 (trial 0004)\n"
        "4 trials in 12s: 1 completed, 2 stopped, 1 failed\n"
        "best accuracy=0.9 (trial 0004, training_iteration=1)\n"
        "  lr        0.4\n"
        "  opt/name  sgd\n"
        "1 trial failed (0003):\n"
        "  Traceback (most recent call last):\n"
        '    File "train.py", line 3, in train\n'
        "  ValueError: boom\n"
        "run: runs/digits-1\n"
    )


def test_every_change_is_a_line_where_asked_for() -> None:
    """`verbose=2` tells each start, pause and end, with reason and score."""
    screen = Screen(verbose=2)
    display = screen.display
    display.on_experiment_start()
    display.on_trial_start(trial(1))
    screen.time.now = 0.5
    paused = trial(1, "paused", resource=3.0, last=result(3, 0.5), reason="rung 3")
    display.on_trial_pause(paused)
    display.on_trial_start(TrialView("0001", {"lr": 0.1}, "running", attempt=2))
    display.on_trial_end(trial(1, "failed", resource=4.0), error("line 1\nline 2"))
    assert screen.text == (
        "4 trials, optuna with asha on inline, in runs/digits-1\n"
        "     0s  trial 0001 starts: lr=0.1, opt/name=sgd\n"
        "     0s  trial 0001 paused at training_iteration=3 (rung 3): accuracy=0.5\n"
        "     0s  trial 0001 starts again: lr=0.1\n"
        "     0s  trial 0001 failed at training_iteration=4: ValueError: line 1\n"
    )


def test_lines_stay_few_however_long_the_run() -> None:
    """Their number grows with the logarithm of the time, even if every trial is the best so far."""
    screen = Screen(facts={"num_samples": None})
    screen.display.on_experiment_start()
    for number in range(1, 20_001):
        screen.display.on_trial_start(trial(number))
        screen.time.now += 1
        screen.display.on_result(trial(number), result(1, number))
        screen.display.on_trial_end(trial(number, "completed"))
    assert screen.text.count("\n") < 450


def test_different_failures_are_told_a_few_times_only() -> None:
    """A run in which every trial fails differently does not flood the screen."""
    screen = Screen()
    for number in range(1, 1001):
        screen.display.on_trial_end(trial(number, "failed"), error(fingerprint=str(number)))
    assert screen.text.count("failed: ValueError") == 5


def test_summary_tells_an_interrupted_run_how_to_go_on() -> None:
    """A run that a person stopped says so, and what to type."""
    screen = Screen()
    screen.display.on_experiment_end(RunEnded(at=0, status="stopped", reason="Ctrl-C"))
    assert screen.text == (
        "0 trials in 0s\n"
        "run stopped: Ctrl-C\n"
        "no trial reported a finite 'accuracy'\n"
        "run: runs/digits-1\n"
        "continue it: tunesmith resume runs/digits-1, or tune.resume('runs/digits-1')\n"
    )


def test_summary_groups_equal_failures() -> None:
    """Trials that failed the same way are told once, with one traceback."""
    screen = Screen(verbose=1)
    for number in range(1, 8):
        screen.display.on_trial_end(trial(number, "failed"), error(f"boom {number}"))
    screen.display.on_experiment_end(RunEnded(at=0, status="completed"))
    assert screen.text.count("Traceback") == 1
    assert (
        "7 trials failed the same way (0001, 0002, 0003, 0004, 0005, ...):\n  Traceback"
        in screen.text
    )


def test_summary_shows_the_best_of_each_objective() -> None:
    """With several objectives each has its best trial, and the price paid in the others."""
    objectives = (Objective("accuracy", "max"), Objective("size", "min"))
    screen = Screen(facts={"objectives": objectives})
    for number, (accuracy, size) in enumerate([(0.9, 50), (0.7, 10)], 1):
        metrics = {"accuracy": accuracy, "size": size}
        report = Result(resource=1, values=(-accuracy, float(size)), metrics=metrics)
        screen.display.on_result(trial(number), report)
    screen.display.on_experiment_end(RunEnded(at=0, status="completed"))
    assert "best accuracy=0.9, with size=50 (trial 0001, training_iteration=1)" in screen.text
    assert "best size=10, with accuracy=0.7 (trial 0002, training_iteration=1)" in screen.text


def test_raw_values_are_shown_and_infinite_ones_never_best() -> None:
    """A maximised metric is shown as reported; a diverged trial leads nothing."""
    board = Board(facts())
    board.report(trial(1), result(1, 0.5))
    board.report(trial(2), result(1, math.inf))
    assert board.best[0] is not None
    assert (board.best[0].trial, board.best[0].result.metrics["accuracy"]) == ("0001", 0.5)


def test_counts_of_the_engine_are_what_is_shown() -> None:
    """Who knows all trials, those of before a resume included, is believed."""
    screen = Screen()
    screen.display.tick({"pending": 0, "running": 2, "completed": 40, "failed": 1})
    assert screen.display.board.counts == {"running": 2, "completed": 40, "failed": 1}


def test_earlier_trials_count_for_the_best_of_a_resumed_run() -> None:
    """What was found before a resume is not forgotten."""
    screen = Screen()
    screen.display.recall(trial(1, "completed", best=result(1, 0.9)))
    screen.display.recall(trial(2, "failed"), error())
    screen.display.on_result(trial(3), result(1, 0.8))
    screen.display.on_experiment_end(RunEnded(at=0, status="completed"))
    assert "best accuracy=0.9 (trial 0001" in screen.text
    assert "1 trial failed (0002)" in screen.text


def test_a_board_stays_small() -> None:
    """Memory does not grow with the number of trials."""
    board = Board(facts())
    for number in range(5000):
        board.start(trial(number))
        board.report(trial(number), result(1, number % 97))
    assert len(board.rows) <= 256
    assert len(board.top) == 10
    assert [best.result.metrics["accuracy"] for best in board.top] == [96] * 10


def test_the_top_holds_each_trial_once() -> None:
    """A trial that improves on itself moves up, one that gets worse stays."""
    board = Board(facts())
    for number, accuracy in [(1, 0.5), (2, 0.6), (1, 0.7), (1, 0.1)]:
        board.report(trial(number), result(1, accuracy))
    ranked = [(best.trial, best.result.metrics["accuracy"]) for best in board.top]
    assert ranked == [("0001", 0.7), ("0002", 0.6)]


def test_time_is_a_measure_of_progress_where_trials_are_unlimited() -> None:
    """Without a number of trials the budget tells how much is left."""
    board = Board(facts(num_samples=None, time_budget_s=100.0))
    board.tick(10.0, {})
    board.tick(35.0, {"completed": 3})
    assert (board.fraction, board.left_s) == (0.25, 75.0)


def test_a_closed_pipe_ends_the_output_not_the_run() -> None:
    """`| head` may close the stream at any time."""
    screen = Screen(stream=Closed())
    screen.play()


def test_without_a_standard_output_nothing_is_shown(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A program without a console has none; its warnings go where those of a quiet run go."""
    monkeypatch.setattr(sys, "stdout", None)
    display = Display(facts(), verbose=2)
    display.on_experiment_start()
    display.on_trial_start(trial(1))
    display.warn("beware")
    display.on_experiment_end(RunEnded(at=1.0, status="completed"))
    assert caplog.messages == ["beware"]


def test_what_is_said_in_a_signal_handler_is_never_lost() -> None:
    """A signal may come while the stream, which is not reentrant, is being written to."""

    class Interrupted(io.FileIO):
        def write(self, data: Any) -> int:
            self.write = super().write  # type: ignore[method-assign]
            display.say("stopping")
            return super().write(data)

    with tempfile.NamedTemporaryFile() as file:
        with io.TextIOWrapper(io.BufferedWriter(Interrupted(file.name, "w"))) as stream:
            display = Display(facts(), stream=stream)
            display.on_experiment_start()
        said = file.read().decode().splitlines()
    assert len(said) == 2
    assert said[0] == "stopping"


def test_what_a_stream_cannot_encode_is_replaced() -> None:
    """A console without Unicode gets question marks, not a traceback."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    display = Display(facts(name="é", path="runs/é"), stream=stream)
    display.on_experiment_start()
    assert raw.getvalue().endswith(b"in runs/?\n")


def test_plain_output_needs_no_rich() -> None:
    """Who has no terminal does not wait for the import of a table."""
    import subprocess

    code = (
        "import sys, tunesmith._run.display, tunesmith._run.experiment\n"
        "assert 'rich' not in sys.modules, 'rich'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
