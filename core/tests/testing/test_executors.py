"""Executors that do not keep to what is asked of every one are caught, and at once."""

import pytest

from tunesmith._executors.inline import InlineExecutor
from tunesmith.protocols.events import Reported, TrialStarted
from tunesmith.testing.executors import ExecutorConformance


class Spoilt(InlineExecutor):
    """Loses a report now and then."""

    def __init__(self, context):
        super().__init__(context, slots=2)
        self.reports = 0

    def poll(self, deadline):
        return [event for event in super().poll(deadline) if not self.is_lost(event)]

    def is_lost(self, event):
        self.reports += isinstance(event, Reported) and not event.waiting
        return isinstance(event, Reported) and not event.waiting and self.reports % 7 == 0


class Inventive(InlineExecutor):
    """Tells of a trial that nobody launched."""

    def __init__(self, context):
        super().__init__(context, slots=2)

    def poll(self, deadline):
        stray = TrialStarted(at=self.now(), trial="9999", attempt=1)
        return [*super().poll(deadline), stray]


class Narrow(InlineExecutor):
    """Holds one trial at once."""


class Case(ExecutorConformance):
    kind = Spoilt

    def make(self, context):
        return self.kind(context)


def test_a_lost_report_is_missed(tmp_path):
    """Even one of many, that no decision waits for."""
    case = Case()
    with case.stages(tmp_path) as stage, pytest.raises(AssertionError, match=r"8\.0 != 7\.0"):
        case.test_every_report_arrives(stage)


def test_an_unknown_trial_is_named(tmp_path):
    """An event about something that was never launched is quoted."""
    case = Case()
    case.kind = Inventive
    with (
        case.stages(tmp_path) as stage,
        pytest.raises(AssertionError, match=r"9999.* is about an attempt that was never launched"),
    ):
        case.test_function_that_returns(stage)


def test_a_wrong_number_of_slots_is_told_at_once(tmp_path):
    """Nobody waits for a second trial on an executor that holds one."""
    case = Case()
    case.kind = Narrow
    with case.stages(tmp_path) as stage:
        for rule in (case.test_two_trials_at_once, case.test_restart):
            with pytest.raises(AssertionError, match="holds 1 trials at once, expected 2"):
                rule(stage)
    case.slots = 1
    with (
        pytest.raises(AssertionError, match="make an executor that holds 2 trials"),
        case.stages(tmp_path),
    ):
        pass
