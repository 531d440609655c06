"""The inline executor, beyond what every executor must do."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tunesmith._executors.inline import InlineExecutor
from tunesmith._executors.settings import WorkerSettings
from tunesmith._executors.worker import Workers
from tunesmith._trainable.form import wrap
from tunesmith.errors import UsageError
from tunesmith.protocols import ExecutorContext, Resources
from tunesmith.protocols.commands import Launch, Stop
from tunesmith.protocols.events import Reported, TrialEnded, TrialStarted
from tunesmith.testing import trainables


def executor(folder: Path, target: Any, slots: Any = 1) -> InlineExecutor:
    workers = Workers(WorkerSettings(trainable=wrap(target), folder=str(folder), objective="loss"))
    made = InlineExecutor(ExecutorContext(workers, str(folder), Resources()), slots=slots)
    if slots:
        made.poll(None)
    return made


def launch(trial: str) -> Launch:
    return Launch(trial=trial, attempt=1, config={"steps": 2})


@pytest.mark.parametrize("slots", [0, -1, 1.5, "2", True])
def test_slots_are_checked(tmp_path: Path, slots: Any) -> None:
    """An impossible number of slots is refused with the value."""
    with pytest.raises(UsageError, match=f"slots={slots!r}"):
        executor(tmp_path, trainables.yields, slots)


def test_trials_take_turns(tmp_path: Path) -> None:
    """Each poll trains one trial up to one report, in turn; the order never varies."""
    for _ in range(3):
        inline = executor(tmp_path, trainables.reports, slots=2)
        inline.submit([launch("0001"), launch("0002")])
        polls = [[(type(e).__name__, e.trial) for e in inline.poll(None)] for _ in range(4)]  # type: ignore[union-attr]
        assert polls == [
            [("TrialStarted", "0001"), ("Reported", "0001")],
            [("TrialStarted", "0002"), ("Reported", "0002")],
            [("Reported", "0001")],
            [("Reported", "0002")],
        ]
        inline.close()


def test_short_trial_is_one_poll(tmp_path: Path) -> None:
    """A trial that only returns a number is over within one poll."""
    inline = executor(tmp_path, trainables.returns_number)
    inline.submit([launch("0001")])
    kinds = [type(event) for event in inline.poll(None)]
    assert kinds == [TrialStarted, Reported, TrialEnded]
    inline.close()


def test_launch_waits_for_a_slot(tmp_path: Path) -> None:
    """More launches than slots run one after another; one that waits can be stopped."""
    inline = executor(tmp_path, trainables.yields)
    inline.submit([launch("0001"), launch("0002"), launch("0003")])
    inline.submit([Stop(trial="0002", attempt=1, reason="no need")])
    (ended,) = inline.poll(None)
    assert isinstance(ended, TrialEnded)
    assert (ended.trial, ended.outcome) == ("0002", "stopped")
    over = [ended.trial]
    while len(over) < 3:
        over += [e.trial for e in inline.poll(None) if isinstance(e, TrialEnded)]
    assert over == ["0002", "0001", "0003"]
    inline.close()


def test_no_event_is_lost_by_ctrl_c(tmp_path: Path) -> None:
    """KeyboardInterrupt passes through poll; what happened before it comes with the next one."""

    def train(config: Any) -> Iterator[float]:
        yield 1.0
        raise KeyboardInterrupt

    def at_once(config: Any) -> Iterator[float]:
        raise KeyboardInterrupt
        yield 1.0

    for target in (train, at_once):
        inline = executor(tmp_path, target)
        inline.submit([launch("0001")])
        events: list[Any] = []
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                events += inline.poll(None)
        inline.submit([Stop(trial="0001", attempt=1, reason="Ctrl-C", outcome="interrupted")])
        while not events or not isinstance(events[-1], TrialEnded):
            events += inline.poll(None)
        assert isinstance(events[0], TrialStarted)
        assert (events[-1].outcome, events[-1].reason) == ("interrupted", "Ctrl-C")
        inline.close()


def test_printing_goes_to_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Inline trials print where the driver prints, so that a debugger can talk."""
    inline = executor(tmp_path, trainables.prints)
    inline.submit([Launch(trial="0001", attempt=1, config={"text": "hello"})])
    inline.poll(None)
    assert capsys.readouterr().out == "hello\n"
    inline.close()
