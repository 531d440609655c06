"""The conformance suite of schedulers finds what is wrong with bad ones."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import Phase, settings
from msgspec.structs import replace

from tunesmith.plugins import Capabilities
from tunesmith.protocols import Continue, Fork, Pause, Stop
from tunesmith.space import SpaceError
from tunesmith.testing.schedulers import SchedulerConformance

_calls = count()


class Sound:
    """Stops every second trial at its second decision; can be saved."""

    def __init__(self) -> None:
        self.decided: dict[str, int] = {}

    def on_result(self, trial: Any, result: Any) -> Any:
        self.decided[trial.id] = self.decided.get(trial.id, 0) + 1
        if self.decided[trial.id] > 1 and int(trial.id) % 2:
            return Stop("odd", complete=result.resource >= Case.max_resource)
        return Continue()

    def state(self) -> bytes:
        return repr(self.decided).encode()

    def restore(self, data: bytes) -> None:
        self.decided = eval(data)  # noqa: S307


class Forgetful(Sound):
    """Loses what it knew when it is restored."""

    def restore(self, data: bytes) -> None:
        pass


class Whimsical(Sound):
    """Decides by something that is not in the events."""

    def on_result(self, trial: Any, result: Any) -> Any:
        return Stop("whim") if next(_calls) % 3 == 0 else Continue()


class Fragile(Sound):
    """Cannot do with a trial that has no result."""

    def on_trial_end(self, trial: Any) -> None:
        assert trial.last.values


class Squeamish(Sound):
    """Fails where a value is infinite."""

    def on_result(self, trial: Any, result: Any) -> Any:
        return Continue(until=result.resource + int(result.values[0]))


class Necromancer(Sound):
    """Wants to resume trials that are over."""

    def next_trial(self, view: Any) -> str | None:
        return next(iter(self.decided), None) or (view.pending[0] if view.pending else None)


class Idle(Sound):
    """Starts nothing once a trial was decided on."""

    def next_trial(self, view: Any) -> str | None:
        return view.pending[0] if view.pending and not self.decided else None


class Stray(Sound):
    """Forks into a configuration outside the space."""

    def on_result(self, trial: Any, result: Any) -> Any:
        return Fork(trial.id, {"x": 7.0}) if trial.checkpoint else Pause("no checkpoint yet")

    def next_trial(self, view: Any) -> str | None:
        return next(iter([*view.pending, *view.paused]), None)


class Case(SchedulerConformance):
    scheduler = "fifo"
    kind: type = Sound

    @property
    def chosen(self) -> Any:
        able = Capabilities(pauses=True, needs_checkpoints=True)
        return replace(super().chosen, spec=replace(super().chosen.spec, capabilities=able))

    def make(self) -> Any:
        return self.kind()

    def run_all(self) -> None:
        for slots in (1, 4):
            self.test_every_trial_comes_to_an_end(slots)
        for value in (math.nan, math.inf, None):
            self.test_strange_values_are_survived(value)
        self.test_saved_state_loses_nothing()
        self.test_whatever_happens()


@pytest.fixture
def unshrunk() -> Iterator[None]:
    """Take the first counterexample, however long."""
    settings.register_profile("unshrunk", phases=[Phase.generate])
    settings.load_profile("unshrunk")
    yield
    settings.load_profile("default")


def test_a_sound_scheduler_passes() -> None:
    """One that keeps the contract is not accused."""
    Case().run_all()


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        (Forgetful, "once .* now "),
        (Whimsical, "once .* now "),
        (Fragile, r"failed in on_trial_end\(\)"),
        (Squeamish, r"failed in on_result\(\): OverflowError"),
        (Necromancer, r"to next_trial\(\); expected the id of a pending or paused trial"),
        (Idle, "starts none of the pending trials"),
        (Stray, "'x' is 7.0, expected"),
    ],
)
def test_a_bad_scheduler_is_found_out(kind: type, what: str, unshrunk: None) -> None:
    """Each way of breaking the contract fails the suite, with a message that says which."""
    case = Case()
    case.kind = kind
    with pytest.raises((AssertionError, SpaceError), match=what):
        case.run_all()


def test_half_a_memory_is_refused() -> None:
    """`state` without `restore` is no state."""
    case = Case()
    case.kind = type("Half", (), {"on_result": Sound.on_result, "state": Sound.state})
    with pytest.raises(AssertionError):
        case.test_it_can_decide()
