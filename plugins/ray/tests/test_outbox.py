"""Events are merged on their way out of a worker."""

from tunesmith.protocols import Checkpoint, Report
from tunesmith.protocols.events import (
    AnyEvent,
    CheckpointSaved,
    Reported,
    TrialEnded,
    TrialStarted,
)
from tunesmith_ray.ahead import Ahead, unpack
from tunesmith_ray.codec import encode
from tunesmith_ray.outbox import Outbox


def reported(resource: float, trial: str = "0001", *, waiting: bool = False) -> Reported:
    """Return one report."""
    report = Report(resource, {"loss": resource})
    return Reported(at=resource, trial=trial, attempt=1, reports=(report,), waiting=waiting)


def test_reports_of_one_attempt_become_one_event() -> None:
    """Consecutive reports leave as one `Reported`, in order, dated by the last."""
    outbox = Outbox()
    for step in range(1, 101):
        outbox.add(reported(float(step)))
    (event,) = outbox.drain()
    assert isinstance(event, Reported)
    assert [report.resource for report in event.reports] == [float(n) for n in range(1, 101)]
    assert event.at == 100.0
    assert not event.waiting


def test_waiting_is_the_last_reports() -> None:
    """A batch whose last report waits waits, and nothing is merged behind it."""
    outbox = Outbox()
    outbox.add(reported(1.0))
    outbox.add(reported(2.0, waiting=True))
    outbox.add(reported(3.0))
    first, second = outbox.drain()
    assert isinstance(first, Reported)
    assert isinstance(second, Reported)
    assert (len(first.reports), first.waiting) == (2, True)
    assert (len(second.reports), second.waiting) == (1, False)


def test_what_is_ahead_is_kept_apart() -> None:
    """Reports made in advance leave together, each with its time, behind those asked for."""
    outbox = Outbox()
    ended = TrialEnded(at=9.0, trial="0001", attempt=1, outcome="completed")
    outbox.add(reported(1.0))
    outbox.add(reported(2.0, waiting=True))
    outbox.add_ahead([reported(3.0), reported(4.0), ended])
    outbox.add(reported(1.0, "0002"))
    assert outbox.size == 6
    asked, ahead, other = outbox.drain()
    assert isinstance(asked, Reported)
    assert ([one.resource for one in asked.reports], asked.waiting) == ([1.0, 2.0], True)
    packed = (encode(Report(3.0, {"loss": 3.0})), encode(Report(4.0, {"loss": 4.0})))
    assert ahead == Ahead(trial="0001", attempt=1, times=(3.0, 4.0), reports=packed, then=ended)
    assert other == reported(1.0, "0002")


def test_reports_ahead_are_not_mixed_with_others() -> None:
    """Neither trials nor what was asked for share an event with what is ahead."""
    outbox = Outbox()
    outbox.add_ahead([reported(3.0)])
    outbox.add(reported(4.0))
    outbox.add_ahead([reported(5.0)])
    outbox.add_ahead([reported(1.0, "0002")])
    kinds = [(type(event), event.trial) for event in outbox.drain()]  # type: ignore[union-attr]
    assert kinds == [(Ahead, "0001"), (Reported, "0001"), (Ahead, "0001"), (Ahead, "0002")]


def test_what_is_ahead_of_a_checkpoint_stays_ahead_of_it() -> None:
    """A checkpoint comes behind the reports before it and before its own."""
    outbox = Outbox()
    checkpoint = Checkpoint(trial="0001", resource=4.0, path="p", iteration=4, elapsed_s=4.0)
    saved = CheckpointSaved(at=4.0, trial="0001", attempt=1, checkpoint=checkpoint)
    outbox.add_ahead([reported(3.0), saved, reported(4.0)])
    first, second = outbox.drain()
    assert isinstance(first, Ahead)
    assert isinstance(second, Ahead)
    assert (first.times, first.then) == ((3.0,), saved)
    assert (second.times, second.then) == ((4.0,), None)


def test_what_is_ahead_may_hold_any_number() -> None:
    """A metric that MessagePack cannot express is trained ahead as any other."""
    outbox = Outbox()
    report = Report(3.0, {"n": 2**80})
    outbox.add_ahead([Reported(at=3.0, trial="0001", attempt=1, reports=(report,))])
    (ahead,) = outbox.drain()
    assert isinstance(ahead, Ahead)
    assert [unpack(one) for one in ahead.reports] == [report]


def test_other_events_keep_their_place() -> None:
    """Only neighbours are merged: the order of events stays."""
    outbox = Outbox()
    events: list[AnyEvent] = [
        TrialStarted(at=0.0, trial="0001", attempt=1),
        reported(1.0),
        TrialEnded(at=2.0, trial="0001", attempt=1, outcome="completed"),
        reported(1.0, "0002"),
        reported(1.0, "0003"),
    ]
    for event in events:
        outbox.add(event)
    assert outbox.size == 5
    assert list(outbox.drain()) == events
    assert outbox.drain() == ()
    assert outbox.size == 0
