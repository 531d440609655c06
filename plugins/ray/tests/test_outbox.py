"""Events are merged on their way out of a worker."""

from tunesmith.protocols import Report
from tunesmith.protocols.events import AnyEvent, Reported, TrialEnded, TrialStarted
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
