"""Conformance of executors: what every executor must do, whatever it runs trials on.

class TestMyExecutor(ExecutorConformance):
    def make(self, context):
        return MyExecutor(context)
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from tunesmith._trainable.checkpoint import METADATA, CheckpointPolicy
from tunesmith._trainable.parameters import with_parameters
from tunesmith.protocols.commands import Launch, Pause, Proceed, SaveCheckpoint, Stop
from tunesmith.protocols.events import (
    AnyEvent,
    CapacityChanged,
    CheckpointSaved,
    Reported,
    TrialEnded,
    TrialEvent,
    TrialLost,
    TrialPaused,
    TrialStarted,
)
from tunesmith.testing import trainables
from tunesmith.testing.stage import PATIENCE_S, ExecutorCase, Stage


class PollingConformance(ExecutorCase):
    """Capacity, waking, deadlines, closing."""

    def test_capacity_is_told_first(self, stage: Callable[..., Stage]) -> None:
        """The first event says how many trials fit."""
        shown = stage(trainables.yields)
        event = shown.wait_for(lambda event: isinstance(event, CapacityChanged), "CapacityChanged")
        assert isinstance(event, CapacityChanged)
        assert event.slots == self.slots
        assert shown.events[0] == event

    def test_capacity_keeps_to_the_users_limit(self, stage: Callable[..., Stage]) -> None:
        """`max_concurrent` bounds the capacity."""
        shown = stage(trainables.yields, max_concurrent=1)
        event = shown.wait_for(lambda event: isinstance(event, CapacityChanged), "CapacityChanged")
        assert isinstance(event, CapacityChanged)
        assert event.slots == 1

    def test_wake_ends_a_poll(self, stage: Callable[..., Stage]) -> None:
        """A poll without a deadline returns after `wake`, even one that came before it."""
        shown = stage(trainables.yields)
        shown.wait_for(lambda event: isinstance(event, CapacityChanged), "CapacityChanged")
        shown.executor.wake()
        assert not [each for each in shown.executor.poll(None) if isinstance(each, TrialEvent)]

    def test_deadline_ends_a_poll(self, stage: Callable[..., Stage]) -> None:
        """A poll returns at its deadline where nothing happens."""
        shown = stage(trainables.yields)
        shown.wait_for(lambda event: isinstance(event, CapacityChanged), "CapacityChanged")
        end = monotonic() + PATIENCE_S
        deadline = shown.executor.now() + 0.01
        while shown.executor.now() < deadline:
            assert not [e for e in shown.executor.poll(deadline) if isinstance(e, TrialEvent)]
            assert monotonic() < end

    def test_close_while_training(self, stage: Callable[..., Stage]) -> None:
        """Closing ends what runs, may be repeated, and leaves a harmless executor."""
        shown = stage(trainables.runs_until_stopped)
        shown.launch("0001")
        shown.launch("0002", until=1.0)
        shown.wait(Reported)
        shown.executor.close()
        shown.executor.close()
        shown.launch("0003")
        assert not [
            event
            for event in shown.executor.poll(shown.executor.now())
            if isinstance(event, TrialStarted)
        ]

    def test_output_goes_to_the_trials_folder(
        self, stage: Callable[..., Stage], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Where trials have processes of their own, what they print is in their folder."""
        shown = stage(trainables.prints)
        for trial in ("0001", "0002"):
            shown.launch(trial, config={"text": f"printed by {trial}"})
            shown.wait(TrialEnded, trial)
        if self.in_process:
            assert "printed by 0001\nprinted by 0002\n" in capsys.readouterr().out
            return
        for trial in ("0001", "0002"):
            log = tmp_path / "trials" / trial / "stdout.log"
            assert log.read_text() == f"printed by {trial}\n"


class DecisionConformance(ExecutorCase):
    """Training up to a decision, and what a decision does."""

    def test_function_that_returns(self, stage: Callable[..., Stage]) -> None:
        """A returned number is one report of the objective; then the trial has completed."""
        shown = stage(trainables.returns_number)
        for trial in ("0001", "0002", "0003"):
            shown.launch(trial, config={"x": 0.25})
            assert shown.wait(TrialEnded, trial).outcome == "completed"
            kinds = [type(event) for event in shown.about(trial)]
            assert kinds == [TrialStarted, Reported, TrialEnded]
            (report,) = shown.reports(trial)
            assert report.resource == 1.0
            assert report.metrics["loss"] == 0.25
            assert report.metrics["training_iteration"] == 1
            assert {"time_total_s", "timestamp"} < set(report.metrics)

    @pytest.mark.parametrize(
        "trainable",
        [
            trainables.yields,
            trainables.reports,
            trainables.reports_from_thread,
            trainables.Counts,
            "tunesmith.testing.trainables:yields",
        ],
    )
    def test_trial_waits_for_decisions(self, stage: Callable[..., Stage], trainable: Any) -> None:
        """It stands still at the first report at or beyond `until`, and goes on when told to."""
        shown = stage(trainable)
        shown.launch(until=2.0)
        assert shown.wait_for_decision().reports[-1].resource == 2.0
        shown.send(Proceed(trial="0001", attempt=1, until=3.0))
        assert shown.wait_for_decision().reports[-1].resource == 3.0
        shown.send(Proceed(trial="0001", attempt=1, until=float("inf")))
        assert shown.wait(TrialEnded).outcome == "completed"
        assert shown.resources() == [1.0, 2.0, 3.0, 4.0, 5.0]

    def test_every_report_arrives(self, stage: Callable[..., Stage]) -> None:
        """Of 20 trials with 20 reports, each report comes, once and in order."""
        shown = stage(trainables.reports)
        for number in range(20):
            trial = f"{number:04}"
            shown.launch(trial, until=10.0, steps=20)
            shown.wait_for_decision(trial)
            shown.send(Proceed(trial=trial, attempt=1, until=float("inf")))
            shown.wait(TrialEnded, trial)
            assert shown.resources(trial) == [float(step) for step in range(1, 21)]

    def test_two_trials_at_once(self, stage: Callable[..., Stage]) -> None:
        """Two trials hold slots and wait side by side; each goes on by its own decision."""
        shown = stage(trainables.reports)
        shown.launch("0001", until=2.0)
        shown.launch("0002", until=1.0)
        waiting: set[str] = set()

        def both_wait(event: AnyEvent) -> bool:
            if isinstance(event, Reported) and event.waiting:
                waiting.add(event.trial)
            return len(waiting) == 2

        shown.wait_for(both_wait, "Reported(waiting=True) of both trials")
        shown.send(Proceed(trial="0002", attempt=1, until=float("inf")))
        assert shown.wait(TrialEnded, "0002").outcome == "completed"
        assert shown.resources("0001") == [1.0, 2.0]
        shown.send(Stop(trial="0001", attempt=1, reason="rung"))
        assert shown.wait(TrialEnded, "0001").outcome == "stopped"

    def test_stop_at_a_decision(self, stage: Callable[..., Stage], tmp_path: Path) -> None:
        """A waiting trial that is stopped ends with the reason, its `finally` blocks run."""
        shown = stage(trainables.runs_until_stopped)
        shown.launch(until=2.0)
        shown.wait_for_decision()
        shown.send(Stop(trial="0001", attempt=1, reason="too slow"))
        ended = shown.wait(TrialEnded)
        assert (ended.outcome, ended.reason, ended.error) == ("stopped", "too slow", None)
        assert (tmp_path / "trials/0001/unwound").exists()
        assert shown.resources() == [1.0, 2.0]

    @pytest.mark.parametrize(
        "trainable", [trainables.runs_until_stopped, trainables.yields_until_stopped]
    )
    def test_stop_while_training(
        self, stage: Callable[..., Stage], tmp_path: Path, trainable: Any
    ) -> None:
        """A running trial ends at its next report at the latest."""
        shown = stage(trainable)
        shown.launch()
        shown.wait(Reported)
        shown.send(Stop(trial="0001", attempt=1, reason="enough"))
        ended = shown.wait(TrialEnded)
        assert (ended.outcome, ended.reason) == ("stopped", "enough")
        assert (tmp_path / "trials/0001/unwound").exists()

    def test_stop_right_after_launch(self, stage: Callable[..., Stage]) -> None:
        """A stop in the same batch as its launch still ends the trial."""
        shown = stage(trainables.runs_until_stopped)
        shown.send(
            Launch(trial="0001", attempt=1, config={}),
            Stop(trial="0001", attempt=1, reason="changed my mind"),
        )
        assert shown.wait(TrialEnded).outcome == "stopped"

    def test_commands_of_unknown_attempts_are_ignored(self, stage: Callable[..., Stage]) -> None:
        """Neither an unknown trial nor an old attempt can be decided on."""
        shown = stage(trainables.yields)
        shown.launch(attempt=2, until=2.0)
        shown.wait_for_decision(attempt=2)
        shown.send(
            Stop(trial="0001", attempt=1, reason="late"),
            Proceed(trial="0001", attempt=1, until=9.0),
            Pause(trial="0099", attempt=1, reason="unknown"),
            SaveCheckpoint(trial="0099", attempt=1),
            Proceed(trial="0001", attempt=2, until=float("inf")),
        )
        assert shown.wait(TrialEnded, attempt=2).outcome == "completed"
        assert all(event.attempt == 2 for event in shown.about())
        assert shown.about("0099") == []

    def test_restart(self, stage: Callable[..., Stage]) -> None:
        """A stop says with which outcome the attempt ends; then the trial can be launched again."""
        shown = stage(trainables.yields)
        shown.launch(until=2.0)
        shown.wait_for_decision()
        shown.send(Stop(trial="0001", attempt=1, reason="fork", outcome="interrupted"))
        ended = shown.wait(TrialEnded)
        assert (ended.outcome, ended.reason) == ("interrupted", "fork")
        shown.launch(attempt=2, seen=2.0, steps=4)
        assert shown.wait(TrialEnded, attempt=2).outcome == "completed"
        assert shown.resources() == [1.0, 2.0, 3.0, 4.0]

    def test_config_is_the_trials_own(self, stage: Callable[..., Stage]) -> None:
        """Training code gets the config of the launch, nested and complete."""
        shown = stage(trainables.returns_dict)
        shown.launch(config={"lr": 0.5, "opt": {"name": "sgd", "nesterov": True}})
        shown.wait(TrialEnded)
        metrics = shown.reports()[0].metrics
        assert metrics["config/lr"] == 0.5
        assert metrics["config/opt/name"] == "sgd"

    def test_bound_parameters_arrive(self, stage: Callable[..., Stage]) -> None:
        """Objects of `with_parameters` reach the training code of every trial."""
        shown = stage(with_parameters(trainables.adds, data=[1.0, 2.0]))
        for trial in ("0001", "0002"):
            shown.launch(trial, config={"x": 4.0})
            shown.wait(TrialEnded, trial)
            assert shown.reports(trial)[0].metrics["loss"] == 7.0


class CheckpointConformance(ExecutorCase):
    """Saving, pausing, and continuing."""

    @pytest.mark.parametrize(
        "trainable",
        [trainables.Counts, trainables.yields_checkpoints, trainables.reports_checkpoints],
    )
    def test_paused_trial_continues(self, stage: Callable[..., Stage], trainable: Any) -> None:
        """A relaunch from the checkpoint of a pause goes on where the trial stood."""
        shown = stage(trainable)
        shown.launch(until=3.0)
        shown.wait_for_decision()
        shown.send(Pause(trial="0001", attempt=1, reason="rung"))
        shown.wait(TrialPaused)
        saved = shown.newest_checkpoint()
        assert (saved.resource, saved.iteration) == (3.0, 3)
        shown.launch(attempt=2, checkpoint=saved, seen=3.0)
        assert shown.wait(TrialEnded, attempt=2).outcome == "completed"
        assert shown.resources() == [1.0, 2.0, 3.0, 4.0, 5.0]
        assert shown.reports()[3].metrics["loss"] == 0.25

    def test_known_reports_are_not_repeated(self, stage: Callable[..., Stage]) -> None:
        """A trial that starts anew catches up in silence with what is known."""
        shown = stage(trainables.yields)
        shown.launch(attempt=2, seen=3.0, until=2.0)
        assert shown.wait_for_decision(attempt=2).reports[0].resource == 4.0
        assert shown.resources() == [4.0]

    def test_unknown_report_of_a_checkpoint_is_delivered(self, stage: Callable[..., Stage]) -> None:
        """A launch from a checkpoint whose report was lost brings that report again."""
        shown = stage(trainables.Counts, checkpoint=CheckpointPolicy(every=1))
        shown.launch(until=2.0)
        shown.wait_for_decision()
        shown.send(Stop(trial="0001", attempt=1, reason="test"))
        shown.wait(TrialEnded)
        lost = shown.reports()[1]
        saved = shown.newest_checkpoint()
        shown.launch(attempt=2, checkpoint=saved, seen=1.0, until=2.0)
        assert shown.wait_for_decision(attempt=2).reports == (lost,)

    @pytest.mark.parametrize(
        "trainable", [trainables.yields_checkpoints, trainables.reports_checkpoints]
    )
    def test_checkpoint_is_durable_before_its_report(
        self, stage: Callable[..., Stage], tmp_path: Path, trainable: Any
    ) -> None:
        """Whoever knows a report can continue from its checkpoint; nothing half-written shows."""
        shown = stage(trainable)
        shown.launch(steps=3)
        shown.wait(TrialEnded)
        told: list[float] = []
        saved: list[float] = []
        for event in shown.about():
            if isinstance(event, CheckpointSaved):
                saved.append(event.checkpoint.resource)
                assert (tmp_path / event.checkpoint.path / METADATA).is_file()
                assert event.checkpoint.size > 0
                assert not os.path.isabs(event.checkpoint.path)
            elif isinstance(event, Reported):
                told += [report.resource for report in event.reports]
                assert set(told) <= set(saved)
        assert told == saved == [1.0, 2.0, 3.0]
        assert not list(tmp_path.rglob("*.tmp-*"))

    def test_checkpoint_on_request(self, stage: Callable[..., Stage]) -> None:
        """A waiting trial is saved when asked to, and goes on when told to in the same batch."""
        shown = stage(trainables.Counts, checkpoint=CheckpointPolicy(at_end=False))
        shown.launch(until=2.0)
        shown.wait_for_decision()
        shown.send(
            SaveCheckpoint(trial="0001", attempt=1),
            Proceed(trial="0001", attempt=1, until=float("inf")),
        )
        shown.wait(TrialEnded)
        assert shown.newest_checkpoint().resource == 2.0
        assert shown.resources() == [1.0, 2.0, 3.0, 4.0, 5.0]


class FailureConformance(ExecutorCase):
    """What failing training code leaves behind."""

    def test_failure_shows_the_users_code(self, stage: Callable[..., Stage]) -> None:
        """A failed trial brings the user's own frames, and equal failures an equal fingerprint."""
        shown = stage(trainables.fails)
        prints = set()
        for trial in ("0001", "0002"):
            shown.launch(trial)
            ended = shown.wait(TrialEnded, trial)
            assert (ended.outcome, ended.failure) == ("failed", "user_error")
            assert ended.error.type == "ZeroDivisionError"
            frames = [line for line in ended.error.traceback.splitlines() if "File " in line]
            assert "in fails" in frames[0]
            assert "in fails_here" in frames[-1]
            prints.add(ended.error.fingerprint)
            assert shown.resources(trial) == [1.0]
        assert len(prints) == 1

    def test_worker_outlives_failures(self, stage: Callable[..., Stage]) -> None:
        """After `sys.exit` in one trial the next one runs."""
        shown = stage(trainables.exits)
        for trial in ("0001", "0002", "0003"):
            shown.launch(trial)
            ended = shown.wait(TrialEnded, trial)
            assert (ended.outcome, ended.error.type) == ("failed", "SystemExit")

    def test_silent_trial_fails(self, stage: Callable[..., Stage]) -> None:
        """Training code that returns without any report is told what to write."""
        shown = stage(trainables.says_nothing)
        shown.launch()
        ended = shown.wait(TrialEnded)
        assert ended.outcome == "failed"
        assert "returned without reporting" in ended.error.message

    def test_death_of_a_worker_is_told(self, stage: Callable[..., Stage]) -> None:
        """Where trials have processes of their own, one that dies is lost; the next one runs."""
        if self.in_process:
            return  # such training code takes the whole process with it
        shown = stage(trainables.dies)
        for trial in ("0001", "0002"):
            shown.launch(trial)
            assert shown.wait(TrialLost, trial).failure == "worker_lost"


class ExecutorConformance(
    PollingConformance, DecisionConformance, CheckpointConformance, FailureConformance
):
    """All of it: subclass this in a test module and define `make`.

    `in_process` says whether trials run in the process of the test; `slots` is how many trials
    the made executor holds at once, at least 2.
    """
