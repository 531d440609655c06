"""When a worker may train a waiting trial on."""

from collections.abc import Iterable, Iterator

from tunesmith.protocols import Report
from tunesmith.protocols.events import AnyEvent, Reported, TrialEnded, TrialStarted
from tunesmith_ray import pace
from tunesmith_ray.pace import Pace

REPORTED = Reported(at=0.0, trial="0001", attempt=1, reports=(Report(1.0, {}),))
STARTED = TrialStarted(at=0.0, trial="0001", attempt=1)
ENDED = TrialEnded(at=0.0, trial="0001", attempt=1, outcome="completed")


class Course:
    """A worker's pace on a clock of its own; trains events that take given times."""

    def __init__(self, limit_s: float = 0.005) -> None:
        self.now = 0.0
        self.pace = Pace(lambda: self.now)
        self.pace.limit_s = limit_s

    def train(self, *steps: tuple[AnyEvent, float], anew: bool = False) -> None:
        """Have these events come, each after so many seconds."""
        for _ in self.pace.timed(self._pass(steps), anew=anew):
            self.now += 100.0  # what is done with an event is no training

    def _pass(self, steps: Iterable[tuple[AnyEvent, float]]) -> Iterator[AnyEvent]:
        for event, seconds in steps:
            self.now += seconds
            yield event

    def know(self, seconds: float = 1e-4) -> None:
        """Train as many steps of this length as it takes to know them, and wait."""
        self.train(*[(REPORTED, seconds)] * pace.KNOWN)
        self.pace.start()


def test_unknown_steps_are_not_begun() -> None:
    """A trial is trained in advance only after several steps have been seen."""
    course = Course()
    course.train(*[(REPORTED, 1e-4)] * (pace.KNOWN - 1))
    course.pace.start()
    assert not course.pace.allows
    course.train((REPORTED, 1e-4))
    course.pace.start()
    assert course.pace.allows


def test_first_reports_say_nothing() -> None:
    """However many trials have reported at once, the step after it may still take an hour."""
    course = Course()
    for _ in range(100):
        course.train((STARTED, 0.0), (REPORTED, 1e-6), anew=True)
    course.pace.start()
    assert not course.pace.allows


def test_time_to_the_first_report_is_no_step() -> None:
    """Training code that loads its data before the first report is not slow."""
    course = Course()
    course.know()
    course.train((STARTED, 0.0), (REPORTED, 60.0), (REPORTED, 1e-4), anew=True)
    course.pace.start()
    assert course.pace.allows


def test_time_after_the_last_report_is_a_step() -> None:
    """A trial that evaluates for a minute before it returns must not be begun in vain."""
    course = Course()
    course.know()
    course.train((REPORTED, 1e-4), (ENDED, 60.0))
    course.pace.start()
    assert not course.pace.allows


def test_a_long_step_is_remembered() -> None:
    """After a long step many short ones are needed, more of them the longer it was."""

    def needed(seconds: float) -> int:
        course = Course()
        course.know()
        course.train((REPORTED, seconds))
        steps = 0
        course.pace.start()
        while not course.pace.allows:
            steps += 1
            course.train((REPORTED, 1e-4))
            course.pace.start()
        return steps

    assert needed(0.1) > 10
    assert needed(1.0) > 50
    assert needed(3600.0) > 200


def test_a_busy_machine_is_no_long_step() -> None:
    """A short step that is held up for some milliseconds, once, changes nothing."""
    course = Course(limit_s=0.005)
    course.know()
    course.train((REPORTED, 0.03))
    course.pace.start()
    assert course.pace.allows


def test_steps_as_long_as_the_limit_are_not_begun() -> None:
    """Where most steps pass the limit, none is trained in advance."""
    course = Course(limit_s=0.005)
    course.know(0.006)
    assert not course.pace.allows


def test_time_in_advance_is_bounded() -> None:
    """It ends where the next step, as long as they ordinarily are, would pass the limit."""
    course = Course(limit_s=0.005)
    course.know(0.001)
    steps = 0
    while course.pace.allows:
        course.train((REPORTED, 0.001))
        steps += 1
    assert steps in {4, 5}
    course.pace.start()
    assert course.pace.allows


def test_reports_in_advance_are_bounded() -> None:
    """However short its steps are, a trial tells a bounded number of reports in advance."""
    course = Course()
    course.know(1e-9)
    steps = 0
    while course.pace.allows:
        course.train((REPORTED, 1e-9))
        steps += 1
    assert steps == pace.MOST


def test_no_limit_no_advance() -> None:
    """With 0 seconds nothing is trained in advance."""
    course = Course(limit_s=0.0)
    course.know(0.0)
    assert not course.pace.allows
