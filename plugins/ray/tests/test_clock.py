"""The clock of an executor is its own."""

import time

import pytest

from tunesmith_ray.clock import wall_clock


def test_setting_the_machine_s_clock_does_not_move_it(monkeypatch):
    """A time budget is time that has passed, whatever the time of day."""
    before = wall_clock()
    assert before == pytest.approx(time.time(), abs=3600)
    monkeypatch.setattr(time, "time", lambda: before + 7200)
    assert before <= wall_clock() < before + 3600
