"""Events are merged on their way out of a worker."""

from tunesmith.protocols import Report
from tunesmith.protocols.events import AnyEvent, Reported, TrialEnded, TrialStarted
from tunesmith_ray.ahead import Ahead, unpack
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
    outbox.add(reported(3.0), ahead=True)
    outbox.add(reported(4.0), ahead=True)
    outbox.add(ended, ahead=True)
    outbox.add(reported(1.0, "0002"))
    asked, ahead, end, other = outbox.drain()
    assert isinstance(asked, Reported)
    assert isinstance(ahead, Ahead)
    assert ([one.resource for one in asked.reports], asked.waiting) == ([1.0, 2.0], True)
    assert (ahead.times, [unpack(one).resource for one in ahead.reports]) == (
        (3.0, 4.0),
        [3.0, 4.0],
    )
    assert end == Ahead(trial="0001", attempt=1, then=ended)
    assert other == reported(1.0, "0002")


def test_reports_ahead_are_not_mixed_with_others() -> None:
    """Neither trials nor what was asked for share an event with what is ahead."""
    outbox = Outbox()
    outbox.add(reported(3.0), ahead=True)
    outbox.add(reported(4.0))
    outbox.add(reported(5.0), ahead=True)
    outbox.add(reported(1.0, "0002"), ahead=True)
    kinds = [(type(event), event.trial) for event in outbox.drain()]  # type: ignore[union-attr]
    assert kinds == [(Ahead, "0001"), (Reported, "0001"), (Ahead, "0001"), (Ahead, "0002")]


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
