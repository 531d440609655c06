"""What was trained in advance reaches the engine as if the trial had stood still."""

from collections.abc import Iterator

from hypothesis import example, given
from hypothesis import strategies as st

from tunesmith.protocols import Checkpoint, Report
from tunesmith.protocols.commands import Proceed
from tunesmith.protocols.events import AnyEvent, CheckpointSaved, Reported, TrialEnded
from tunesmith_ray.ahead import Ahead, Gate
from tunesmith_ray.codec import encode
from tunesmith_ray.outbox import Outbox

WHO = {"trial": "0001", "attempt": 1}


def reported(resource: float, *, waiting: bool = False) -> Reported:
    """Return one report."""
    report = Report(resource, {"loss": -resource})
    return Reported(at=resource, trial="0001", attempt=1, reports=(report,), waiting=waiting)


def saved(resource: float) -> CheckpointSaved:
    """Return the checkpoint of a report."""
    found = Checkpoint("0001", resource, f"trials/0001/checkpoints/{resource:g}")
    return CheckpointSaved(at=resource, trial="0001", attempt=1, checkpoint=found)


ENDED = TrialEnded(at=99.0, trial="0001", attempt=1, outcome="completed")


class Worker:
    """Trains a course of events, as far as it is told or in advance, and mails what happens."""

    def __init__(self, course: list[AnyEvent]) -> None:
        self._course = list(course)
        self._outbox = Outbox()
        self._reached = 0.0

    def train(self, until: float) -> None:
        """Train until a report at which the trial waits."""
        if until <= self._reached:
            return
        while self._course:
            event = self._course.pop(0)
            if isinstance(event, Reported):
                self._reached = event.reports[0].resource
                event = reported(self._reached, waiting=self._reached >= until)
            self._outbox.add(event)
            if isinstance(event, Reported) and event.waiting:
                return

    def run_ahead(self, events: int) -> None:
        """Train on without having been told to."""
        self._outbox.add_ahead(self._course[:events])
        for event in self._course[:events]:
            if isinstance(event, Reported):
                self._reached = event.reports[0].resource
        del self._course[:events]

    def mail(self) -> tuple[AnyEvent | Ahead, ...]:
        """Return what has not been sent yet."""
        return self._outbox.drain()


class Driver:
    """The driver's end: what the engine has heard, and the worker's orders."""

    def __init__(self, worker: Worker, untils: Iterator[float]) -> None:
        self.heard: list[AnyEvent] = []
        self.gate = Gate()
        self._worker = worker
        self._untils = untils
        self._decided = 0  # events after which a decision was made
        worker.train(next(untils))

    @property
    def waits(self) -> bool:
        """Whether the engine has a decision to make."""
        last = self.heard[-1] if len(self.heard) > self._decided else None
        return isinstance(last, Reported) and last.waiting

    def receive(self) -> None:
        """Take the worker's mail in."""
        for event in self._worker.mail():
            if isinstance(event, Ahead):
                self.heard += self.gate.keep(event)
                continue
            if isinstance(event, Reported) and event.waiting:
                self.gate.stand(event.reports[-1].resource)
            self.heard.append(event)

    def proceed(self) -> None:
        """Decide that the trial goes on."""
        self._decided = len(self.heard)
        order = Proceed(trial="0001", attempt=1, until=next(self._untils))
        self.heard += self.gate.proceed(order)
        if (until := self.gate.lacks) is not None:
            self._worker.train(until)


def told(events: list[AnyEvent]) -> list[tuple[object, ...]]:
    """Return what the engine learns, whichever reports came together."""
    facts: list[tuple[object, ...]] = []
    for event in events:
        if isinstance(event, Reported):
            facts += [(report.resource, False) for report in event.reports[:-1]]
            facts.append((event.reports[-1].resource, event.waiting, event.at))
        else:
            facts.append((event,))
    return facts


def plain(facts: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Return facts without the times of reports, which depend on what came together."""
    return [fact[:2] for fact in facts]


@st.composite
def courses(draw: st.DrawFn) -> list[AnyEvent]:
    """Return all events of a trial after its start."""
    steps = draw(st.lists(st.integers(1, 4), min_size=1, max_size=12))
    events: list[AnyEvent] = []
    resource = 0
    for step in steps:
        resource += step
        if draw(st.integers(0, 5)) == 0:
            events.append(saved(float(resource)))
        events.append(reported(float(resource)))
    return [*events, ENDED]


def untils(rises: list[int]) -> Iterator[float]:
    """Yield how far the trial may train each time, without end."""
    until = 0.0
    for rise in rises:
        until += rise
        yield until
    while True:
        yield float("inf")


TURNS = 30
"""More than a trial of these has reports."""

MOVE = st.sampled_from(["ahead", "further", "mail", "decide"])
RISES = st.lists(st.integers(1, 9), max_size=6)


def play(driver: Driver, worker: Worker, moves: list[str], *, decisions: int = 1000) -> int:
    """Carry moves out in order; return how many decisions are left."""
    for move in moves:
        if move == "ahead":
            worker.run_ahead(1)
        elif move == "further":
            worker.run_ahead(5)
        elif move == "mail":
            driver.receive()
        elif driver.waits and decisions:
            decisions -= 1
            driver.proceed()
    return decisions


def finish(driver: Driver) -> None:
    """Decide until the trial is over."""
    for _ in range(TURNS):
        driver.receive()
        if driver.waits:
            driver.proceed()
    assert driver.heard[-1] == ENDED


@given(courses(), RISES, st.lists(MOVE, max_size=60))
def test_the_engine_hears_the_same(
    course: list[AnyEvent], rises: list[int], moves: list[str]
) -> None:
    """However far a worker ran ahead, whenever its mail came, nothing is added, lost or moved."""
    still = Driver(Worker(course), untils(rises))
    finish(still)
    worker = Worker(course)
    driver = Driver(worker, untils(rises))
    play(driver, worker, moves)
    finish(driver)
    assert plain(told(driver.heard)) == plain(told(still.heard))
    assert driver.gate.passed == driver.gate.over  # an end that was asked for is no `Ahead`


@given(courses(), RISES, st.lists(MOVE, max_size=10), st.integers(0, 4))
@example([*map(reported, (1.0, 2.0, 3.0)), ENDED], [1, 2], ["mail", "ahead", "decide"], 1)
def test_what_was_not_asked_for_is_never_told(
    course: list[AnyEvent], rises: list[int], moves: list[str], decisions: int
) -> None:
    """Whenever a trial is given up, it tells what it would have standing still, without a gap."""
    worker = Worker(course)
    driver = Driver(worker, untils(rises))
    left = play(driver, worker, moves, decisions=decisions)
    unheard = driver.gate.give_up()
    worker.run_ahead(3)
    driver.receive()
    unheard += driver.gate.give_up()
    still = Driver(Worker(course), untils(rises))
    finish(still)
    facts = plain(told(driver.heard))
    assert facts == plain(told(still.heard))[: len(facts)]
    assert sum(fact[-1] is True for fact in facts) <= decisions - left + 1
    known = [event.checkpoint for event in driver.heard if isinstance(event, CheckpointSaved)]
    kept = [event.checkpoint for event in course if isinstance(event, CheckpointSaved)]
    assert [*known, *unheard] == kept[: len(known) + len(unheard)]


def test_reports_bear_the_time_of_training() -> None:
    """Reports that are let through together are dated by the last of them, not by the rest."""
    gate = Gate()
    reports = tuple(Report(float(n), {"loss": 0.0}) for n in range(2, 6))
    packed = tuple(map(encode, reports))
    gate.keep(Ahead(trial="0001", attempt=1, times=(2.5, 3.5, 4.5, 5.5), reports=packed))
    (first,) = gate.proceed(Proceed(trial="0001", attempt=1, until=3.0))
    (second,) = gate.proceed(Proceed(trial="0001", attempt=1, until=9.0))
    assert isinstance(first, Reported)
    assert isinstance(second, Reported)
    assert (first.at, first.waiting, first.reports) == (3.5, True, reports[:2])
    assert (second.at, second.waiting, second.reports) == (5.5, False, reports[2:])
    assert gate.lacks == 9.0


def test_an_end_in_advance_waits_for_its_turn() -> None:
    """The engine hears of the end once it has asked for everything before it."""
    gate = Gate()
    gate.keep(Ahead(trial="0001", attempt=1, times=(2.0,), reports=(encode(Report(2.0, {})),)))
    assert gate.keep(Ahead(trial="0001", attempt=1, then=ENDED)) == []
    assert gate.over
    assert not gate.passed
    (report,) = gate.proceed(Proceed(trial="0001", attempt=1, until=2.0))
    assert isinstance(report, Reported)
    assert report.waiting
    assert gate.proceed(Proceed(trial="0001", attempt=1, until=3.0)) == [ENDED]
    assert gate.passed
    assert gate.lacks is None
