"""`tunesmith ls`, `show`, `trials` and `story`: for people, and as JSON for programs."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from tunesmith._cli import ls, show, story, trials
from tunesmith.errors import UsageError
from tunesmith.protocols import Checkpoint, commands, events


def invoke(command: click.Command, *arguments: object) -> str:
    result = CliRunner().invoke(
        command, [str(one) for one in arguments], catch_exceptions=False, standalone_mode=False
    )
    return result.output


def test_ls_shows_every_run(digits: Any, make: Callable[..., Any]) -> None:
    """Each run has its state, number of trials and best value; an unreadable one says so."""
    folder = digits.finish()
    make("other", created_at=2e9)
    (folder.parent / "broken").mkdir()
    (folder.parent / "broken" / "experiment.sqlite").write_text("no journal " * 100)
    header, broken, first, second = invoke(ls.command, folder.parent).splitlines()
    assert header.split() == ["RUN", "STATE", "TRIALS", "BEST", "TRIAL"]
    assert "unreadable" in broken
    assert first.split() == ["digits", "completed", "3", "accuracy=0.9", "0001"]
    assert second.split() == ["other", "running", "0"]
    rows = json.loads(invoke(ls.command, folder.parent, "--json"))
    assert [(row["run"], row["best"]) for row in rows][1:] == [("digits", 0.9), ("other", None)]


def test_ls_says_where_there_is_nothing(tmp_path: Path) -> None:
    """An empty folder and a missing one are told apart."""
    assert invoke(ls.command, tmp_path) == f"no runs in {str(tmp_path)!r}\n"
    with pytest.raises(UsageError, match=r"no folder .*nowhere.*storage="):
        invoke(ls.command, tmp_path / "nowhere")


def test_show_is_one_page(digits: Any) -> None:
    """The page has state, algorithms, the best configuration, errors, and how to go on."""
    text = invoke(show.command, digits.finish("stopped", "Ctrl-C"))
    assert "digits: stopped, 3 trials (1 completed, 1 stopped, 1 failed)" in text
    assert "random + asha on inline, seed 7" in text
    assert "ended: Ctrl-C" in text
    assert "best accuracy=0.9: trial 0001 at training_iteration 2" in text
    assert "  act = 'relu'" in text
    assert "trial 0003 failed: ValueError: bad lr" in text
    assert f"continue it: tunesmith resume {digits.folder}" in text


def test_show_json_is_plain(digits: Any) -> None:
    """Programs get the same facts, and numbers JSON lacks as null."""
    digits.report("0001", 4, math.inf)
    shown = json.loads(invoke(show.command, digits.finish(), "--json"))
    assert shown["best"] == {
        "trial": "0001",
        "value": 0.9,
        "resource": 2.0,
        "config": {"lr": 0.1, "act": "relu"},
        "checkpoint": None,
    }
    assert shown["counts"] == {"completed": 1, "stopped": 1, "failed": 1}


def test_trials_are_sorted_limited_and_chosen(digits: Any) -> None:
    """Best first by value or metric, any column by name, at most so many, only of a status."""
    folder = digits.finish()
    rows = invoke(trials.command, folder, "--sort", "value").splitlines()
    assert rows[0].split()[:5] == ["TRIAL", "STATUS", "ITERATIONS", "accuracy", "lr"]
    assert [row.split()[0] for row in rows[1:]] == ["0001", "0002", "0003"]
    rows = invoke(trials.command, folder, "--sort", "lr", "--reverse", "--limit", "1").splitlines()
    assert [row.split()[0] for row in rows[1:]] == ["0003", "2"]
    rows = invoke(trials.command, folder, "--status", "failed").splitlines()
    assert [row.split()[0] for row in rows[1:]] == ["0003"]
    rows = invoke(trials.command, folder, "--columns", "trial,act").splitlines()
    assert rows[1].split() == ["0001", "relu"]


def test_trials_json_has_config_and_metrics(digits: Any) -> None:
    """Each object has the judged report's metrics and the configuration."""
    digits.suggest("0004", lr=math.inf)
    listed = json.loads(invoke(trials.command, digits.finish(), "--json"))
    assert [one["value"] for one in listed] == [0.9, 0.8, None, None]
    assert listed[0]["metrics"]["training_iteration"] == 2
    assert listed[3]["config"] == {"lr": None}


def test_trials_refuses_what_is_unknown(digits: Any) -> None:
    """Misspelt columns and statuses come with a suggestion."""
    folder = digits.finish()
    with pytest.raises(UsageError, match="no column to sort by 'acuracy'; did you mean 'accuracy'"):
        invoke(trials.command, folder, "--sort", "acuracy")
    with pytest.raises(UsageError, match=r"no column 'zzz'; there are lr, act, .*"):
        invoke(trials.command, folder, "--columns", "trial,zzz")
    with pytest.raises(UsageError, match="status 'stoped' is unknown; did you mean 'stopped'"):
        invoke(trials.command, folder, "--status", "stoped")


def test_story_tells_why_a_trial_was_stopped(digits: Any) -> None:
    """Suggestion, launch, reports, decisions with reasons, and the end, in order."""
    text = invoke(story.command, digits.finish(), "0002")
    told = [line.split("s  ", 1)[1] for line in text.splitlines()]
    assert told == [
        "suggested by searcher: lr=0.2, act=tanh",
        "decision: launch attempt 1 from the start, until training_iteration 3",
        "attempt 1 began on worker 1",
        "reported accuracy=0.8 at training_iteration 1",
        "decision: train on to training_iteration 9",
        "2 reports, the last accuracy=0.75 at training_iteration 3",
        "decision: stop: rung 3: not in the top third",
        "stopped: rung 3: not in the top third",
    ]


def test_story_tells_forks_losses_and_what_others_caused(make: Callable[..., Any]) -> None:
    """Decisions made when another trial moved, a fork's new values and losses are told."""
    run = make()
    run.suggest("0001", lr=0.1)
    run.start("0001")
    run.about(events.TrialLost, "0001", failure="node_lost", reason="10.0.0.7 is gone")
    retry = commands.Launch(trial="0001", attempt=2, config={"lr": 0.1})
    run.suggest("0002", retry, lr=0.2)
    run.start("0001")
    source = Checkpoint("0002", 3.0, "trials/0002/checkpoints/3")
    fork = commands.Launch(trial="0001", attempt=3, config={"lr": 0.2}, checkpoint=source)
    run.about(events.TrialEnded, "0001", fork, outcome="interrupted", reason="exploit 0002")
    run.start("0001")
    run.about(events.TrialPaused, "0001")
    folder = run.finish("stopped", "Ctrl-C")
    told = invoke(story.command, folder, "0001")
    for words in (
        "attempt 1 was lost (node_lost): 10.0.0.7 is gone",
        "decision: launch attempt 2 from the start",
        "interrupted: exploit 0002",
        "launch attempt 3 from trial 0002's checkpoint at training_iteration 3, now with lr=0.2",
        "paused; its slot is free for others",
        "the run ended (stopped): Ctrl-C",
    ):
        assert words in told
    lines = json.loads(invoke(story.command, folder, "0001", "--json"))
    assert [line["seq"] for line in lines] == sorted(line["seq"] for line in lines)


def test_story_tells_values_as_new_only_where_they_are(make: Callable[..., Any]) -> None:
    """Launched again with what it had, a trial has nothing new, whoever's event it was."""
    run = make()
    run.suggest("0001", lr=0.1)
    run.start("0001")
    run.add(events.RunStarted, [commands.Launch(trial="0001", attempt=2, config={"lr": 0.1})])
    run.suggest("0002", commands.Launch(trial="0001", attempt=3, config={"lr": 0.3}), lr=0.2)
    again = commands.Launch(trial="0001", attempt=4, config={"lr": 0.3})
    run.about(events.TrialLost, "0001", again, failure="node_lost")
    told = invoke(story.command, run.finish(), "0001")
    launches = [line for line in told.splitlines() if "launch" in line]
    assert [line.partition("decision: ")[2] for line in launches[1:]] == [
        "launch attempt 2 from the start",
        "launch attempt 3 from the start, now with lr=0.3",
        "launch attempt 4 from the start",
    ]


def test_story_of_nobody_is_refused(digits: Any) -> None:
    """An unknown trial is quoted, with how to list those there are."""
    with pytest.raises(UsageError, match=r"no trial '0099' .*tunesmith trials"):
        invoke(story.command, digits.finish(), "0099")
