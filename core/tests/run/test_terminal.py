"""The live table."""

import io

import pytest
from rich.console import Console

from tunesmith._run.board import Board, Facts
from tunesmith._run.display import Display
from tunesmith._run.terminal import LiveTable
from tunesmith.protocols import Objective, Result, TrialStatus, TrialView
from tunesmith.protocols.events import RunEnded

FACTS = Facts(
    name="digits-1",
    path="runs/digits-1",
    objectives=(Objective("loss", "min"),),
    searcher="optuna",
    scheduler="asha",
    executor="ray",
    num_samples=64,
    resource="epoch",
)


def trial(number: int, status: TrialStatus = "running") -> TrialView:
    config = {"lr": number / 7, "opt": {"name": "sgd"}, "act": ["relu", "tanh"][number % 2]}
    return TrialView(id=f"{number:04d}", config=config, status=status)


def result(epoch: int, loss: float) -> Result:
    return Result(epoch, (loss,), {"loss": loss, "time_total_s": epoch * 31.0})


def board(trials: int) -> Board:
    made = Board(FACTS)
    made.tick(0.0, None)
    for number in range(1, trials + 1):
        made.start(trial(number))
        made.report(trial(number), result(1, 1 / number))
        made.report(trial(number), result(3, 2 / number))
        if number < trials - 1:
            made.end(trial(number, "stopped"))
    made.tick(83.0, {"running": 2, "pending": 1, "stopped": trials - 2})
    return made


def draw(board: Board, width: int, height: int = 40) -> list[str]:
    console = Console(file=io.StringIO(), record=True, width=width, height=height)
    table = LiveTable(board, None, console=console)
    console.print(table.draw())
    table.close()
    return [line.rstrip() for line in console.export_text().splitlines() if line.strip()]


def test_table_shows_running_trials_then_the_best() -> None:
    """Progress, counts, the best, and at most ten trials with what tells them apart."""
    assert draw(board(14), 80)[:8] == [
        "digits-1  optuna with asha on ray",
        "━━━━━━━╸                                  12/64 trials  1:23  6:00 left",
        "2 running, 1 pending, 12 stopped",
        "best loss=0.07143 (trial 0014)",
        "trial  status   epoch     loss     best  time  lr      act",
        "0013   running      3   0.1538  0.07692  1:33  1.857   tanh",
        "0014   running      3   0.1429  0.07143  1:33  2       relu",
        "0012   stopped      1  0.08333  0.08333   31s  1.714   relu",
    ]


def test_table_fits_a_narrow_terminal() -> None:
    """Parameters give way before scores do, and rows before the head."""
    lines = draw(board(14), 50, height=12)
    assert lines[4].split() == ["trial", "status", "epoch", "loss", "best", "time"]
    assert len(lines) == 5 + 5
    assert not any("…" in line for line in lines)


def test_table_of_a_run_that_has_not_begun() -> None:
    """The first frame, before any trial, has nothing to trip over."""
    lines = draw(Board(FACTS), 80)
    assert lines[0] == "digits-1  optuna with asha on ray"
    assert lines[-1].split() == ["trial", "status", "epoch", "loss", "best", "time"]


def test_markup_in_names_is_text() -> None:
    """A parameter called like a tag of rich is shown as it is."""
    made = Board(FACTS)
    view = TrialView(id="0001", config={"[red]": "[/x]"}, status="running")
    made.start(view)
    made.report(view, result(1, 0.5))
    assert draw(made, 80)[-2].split()[-1] == "[red]"
    assert draw(made, 80)[-1].split()[-1] == "[/x]"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    return Terminal()


def test_a_terminal_gets_one_table_and_a_summary(terminal: Terminal) -> None:
    """Frames are drawn a few times a second at most, and the table is gone at the end."""
    now = [0.0]
    display = Display(FACTS, stream=terminal, clock=lambda: now[0], frames=lambda: now[0])
    display.on_experiment_start()
    for number in range(1, 101):
        display.on_trial_start(trial(number))
        now[0] += 0.01
        display.on_result(trial(number), result(1, 1 / number))
        display.on_trial_end(trial(number, "stopped"))
    display.warn("disk is nearly full")
    frames = terminal.getvalue().count("optuna with asha")
    display.on_experiment_end(RunEnded(at=1.0, status="completed"))
    assert 3 <= frames <= 10
    assert "warning: disk is nearly full" in terminal.getvalue()
    assert terminal.getvalue().endswith("run: runs/digits-1\n")


def test_a_dumb_terminal_gets_plain_lines(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the cursor cannot move, as in an editor's shell, lines are written."""
    monkeypatch.setenv("TERM", "dumb")
    Display(FACTS, stream=terminal).on_experiment_start()
    assert terminal.getvalue() == "64 trials, optuna with asha on ray, in runs/digits-1\n"


def test_in_process_runs_get_plain_lines(terminal: Terminal) -> None:
    """A debugger in the training code has the terminal to itself."""
    Display(FACTS, stream=terminal, live=False).on_experiment_start()
    assert "\x1b" not in terminal.getvalue()


def test_closing_twice_is_closing_once(terminal: Terminal) -> None:
    """The run's end and its cleanup may both close."""
    display = Display(FACTS, stream=terminal)
    display.on_experiment_start()
    display.close()
    written = terminal.getvalue()
    display.close()
    assert terminal.getvalue() == written
