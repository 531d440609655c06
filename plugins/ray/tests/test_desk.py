"""What a worker takes up next."""

from tunesmith.protocols.commands import Launch, Proceed, Stop
from tunesmith.protocols.events import Reported, TrialEnded
from tunesmith_ray.desk import Desk


def launch(trial: str) -> Launch:
    """Return a launch."""
    return Launch(trial=trial, attempt=1, config={})


def ended(trial: str) -> TrialEnded:
    """Return the end of a trial."""
    return TrialEnded(at=0.0, trial=trial, attempt=1, outcome="completed")


def desk_with(*trials: str) -> Desk:
    """Return a desk with launches."""
    desk = Desk()
    for trial in trials:
        desk.put(launch(trial), at=0.0)
    return desk


def test_launches_are_taken_one_after_another() -> None:
    """The next trial begins when the one before is over."""
    desk = desk_with("0001", "0002")
    assert desk.take() == launch("0001")
    desk.done(ended("0001"))
    assert desk.take() == launch("0002")
    desk.done(ended("0002"))
    assert desk.take() is None
    assert desk.idle


def test_waiting_trial_keeps_its_worker() -> None:
    """While a trial waits for a decision only commands about it are taken up."""
    desk = desk_with("0001", "0002")
    desk.take()
    desk.done(Reported(at=0.0, trial="0001", attempt=1, reports=(), waiting=True))
    assert desk.take() is None
    assert desk.idle
    proceed = Proceed(trial="0001", attempt=1, until=2.0)
    desk.put(proceed, at=0.0)
    assert desk.take() == proceed


def test_waiting_trial_is_called_upon() -> None:
    """A command about a trial that has begun is noticed before it is taken up."""
    desk = desk_with("0001", "0002")
    desk.take()
    assert not desk.urged
    desk.put(Stop(trial="0002", attempt=1, reason="late"), at=0.0)
    assert not desk.urged
    desk.put(Proceed(trial="0001", attempt=1, until=2.0), at=0.0)
    assert desk.urged


def test_stop_of_a_running_trial_interrupts_it() -> None:
    """A stop is passed on at once, and kept in case the trial comes to wait first."""
    desk = desk_with("0001")
    desk.take()
    stop = Stop(trial="0001", attempt=1, reason="enough")
    assert desk.put(stop, at=0.0).interrupt == stop
    desk.done(Reported(at=0.0, trial="0001", attempt=1, reports=(), waiting=True))
    assert desk.take() == stop
    desk.done(ended("0001"))
    assert desk.take() is None


def test_stop_of_a_queued_trial_ends_it_unrun() -> None:
    """A trial that has not begun ends without running."""
    desk = desk_with("0001", "0002")
    desk.take()
    verdict = desk.put(Stop(trial="0002", attempt=1, reason="late", outcome="interrupted"), at=9.0)
    assert verdict.event == TrialEnded(
        at=9.0, trial="0002", attempt=1, outcome="interrupted", reason="late"
    )
    desk.done(ended("0001"))
    assert desk.take() is None


def test_recall_gives_back_what_has_not_begun() -> None:
    """Queued launches can be taken back; the running one stays."""
    desk = desk_with("0001", "0002", "0003")
    desk.take()
    assert desk.recall() == ("0002", "0003")
    desk.done(ended("0001"))
    assert desk.take() is None


def test_commands_for_others_are_ignored() -> None:
    """A command about a trial that is not here changes nothing."""
    desk = desk_with("0001")
    desk.put(Stop(trial="0009", attempt=1, reason="late"), at=0.0)
    desk.put(Proceed(trial="0009", attempt=1, until=1.0), at=0.0)
    assert desk.take() == launch("0001")
    assert desk.take() is None
