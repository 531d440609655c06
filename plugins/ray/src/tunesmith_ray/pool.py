"""Which worker runs which trial: commands become orders, workers' answers become events.

Only the executor's own thread calls in here; what other threads learn arrives as messages.
"""

import time

import msgspec
from ray.exceptions import ActorUnavailableError

from tunesmith.errors import UsageError
from tunesmith.protocols import ErrorInfo
from tunesmith.protocols.commands import (
    ExecutorCommand,
    Launch,
    Pause,
    Proceed,
    SaveCheckpoint,
    Stop,
)
from tunesmith.protocols.events import (
    AnyEvent,
    CheckpointSaved,
    ExecutorFailed,
    Reported,
    TrialEnded,
    TrialEvent,
    TrialPaused,
    TrialStarted,
)
from tunesmith_ray import ends
from tunesmith_ray.ahead import Ahead
from tunesmith_ray.clock import wall_clock
from tunesmith_ray.depth import Depth
from tunesmith_ray.ledger import Ledger
from tunesmith_ray.link import Answered, Job, Link
from tunesmith_ray.staff import Staff
from tunesmith_ray.wire import Batch, Greeting, Rhythm

_RECALL_S = 0.05
"""How long a trial may keep others waiting in its worker's queue."""

_LINGER_S = 0.01
_LINGER_EACH_S = 0.002
"""Workers hold their reports back for a moment, the longer the more of them there are: the driver
takes in some hundred batches a second, whatever the number of workers."""


class PoolOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How trials are handed out. `patient`: an unmet request waits for the cluster to grow."""

    isolate: bool = False
    prefetch: int = 64
    stop_grace_s: float = 10.0
    patient: bool = False
    max_concurrent: int | None = None
    run_ahead_s: float = 0.0

    def __post_init__(self) -> None:
        if self.prefetch < 1:
            raise UsageError(
                f"prefetch={self.prefetch!r} must be at least 1; 1 hands out single trials"
            )
        check_seconds("stop_grace_s", self.stop_grace_s)
        check_seconds("run_ahead_s", self.run_ahead_s)


def check_seconds(name: str, value: float) -> None:
    """Refuse an option that is no length of time.

    Raises:
        UsageError: It is negative or not a number.
    """
    if not value >= 0:
        raise UsageError(f"{name}={value!r} must be a number of seconds, 0 or more")


class Pool:
    """Runs trials on the workers of a `Staff`; what happens collects in a `Ledger`."""

    def __init__(self, options: PoolOptions, staff: Staff, ledger: Ledger) -> None:
        self._ledger = ledger
        self._staff = staff
        self._options = options
        self._ahead_s = options.run_ahead_s
        self._depth = Depth(1 if options.isolate else options.prefetch)

    @property
    def slots(self) -> int:
        """How many trials are welcome at once."""
        wanted = self._staff.default.capacity * self._depth.value
        return min(self._options.max_concurrent or wanted, wanted)

    # Commands ------------------------------------------------------------------------------------

    def take(self, command: ExecutorCommand) -> None:
        """Accept one command; it leaves with the next `flush`."""
        if isinstance(command, Launch):
            old = self._ledger.jobs.get(command.trial)
            if old is None or old.launch.attempt < command.attempt:
                self._launch(command, old)
        elif (job := self._ledger.find(command)) is None:
            return  # it ended on its own meanwhile, which its events tell
        elif isinstance(command, Stop):
            self._stop(job, command)
        elif isinstance(command, Proceed):
            self._proceed(job, command)
        else:
            self._pause(job, command)

    def _launch(self, launch: Launch, old: Job | None) -> None:
        if old is not None:
            old.superseded = True
            reason = "superseded by a later attempt"
            self._stop(old, Stop(trial=launch.trial, attempt=old.launch.attempt, reason=reason))
        crew = self._staff.crew(launch.resources)
        lacking = self._staff.lacking(crew)
        if lacking and launch.checkpoint is not None and crew is not self._staff.default:
            # What has trained so far is not given up because no node has room for more.
            launch, crew = msgspec.structs.replace(launch, resources=None), self._staff.default
            lacking = self._staff.lacking(crew)
        if lacking and not self._options.patient:
            error = ErrorInfo(type="UsageError", message=lacking)
            self._ledger.events.append(ends.refused(launch, error))
            return
        if launch.checkpoint is not None:
            self._ahead_s = 0.0
        crew.backlog.append(self._ledger.enter(launch))

    def _proceed(self, job: Job, proceed: Proceed) -> None:
        self._ledger.tell(job, job.gate.proceed(proceed))
        if job.link is not None and (until := job.gate.lacks) is not None:
            job.link.order(msgspec.structs.replace(proceed, until=until))

    def _pause(self, job: Job, command: Pause | SaveCheckpoint) -> None:
        """Pass a command about a trial's state on; no trial is trained in advance any more."""
        self._ahead_s = 0.0
        if job.link is None and not job.gate.over:
            return  # it has not begun
        if isinstance(command, Pause):
            self._ledger.give_up(job)
        if job.link is not None:
            job.link.order(command)
        elif isinstance(command, Pause):
            self._ledger.conclude(job)

    def _stop(self, job: Job, stop: Stop) -> None:
        job.stop = stop
        self._ledger.give_up(job)
        if job.link is None:
            for crew in self._staff.crews.values():
                if job in crew.backlog:
                    crew.backlog.remove(job)
            self._ledger.conclude(job)
            return
        job.kill_at = time.monotonic() + self._options.stop_grace_s
        job.link.order(stop)
        self._ledger.stopping[job.key] = job

    # Answers -------------------------------------------------------------------------------------

    def hear(self, answer: Answered) -> None:
        """Take in a worker's answer, or its death."""
        link: Link = answer.link
        if link.dead:
            return
        try:
            content = answer.future.result()
        except ActorUnavailableError as error:
            link.question(error)
            return
        except Exception as error:  # noqa: BLE001 (whatever a call fails with, its worker is lost)
            self._bury(link, error)
            return
        if link.doubt is not None:
            self._bury(link, link.doubt.error)
            return
        if isinstance(content, Greeting):
            if (problem := self._staff.welcome(link, content)) is not None:
                self.fail(problem)
            return
        for batch in link.receive(content):
            self._receive(link, batch)

    def _receive(self, link: Link, batch: Batch) -> None:
        ended = False
        link.progressed_at = time.monotonic()
        link.recalling = False
        for event in batch.events:
            if isinstance(event, Ahead):
                ended |= self._hear_ahead(link, event)
            else:
                ended |= self._hear_event(link, event)
        if batch.recalled:
            self._take_back(link, set(batch.recalled))
        if ended and self._options.isolate and not link.jobs:
            self._staff.replace(link)

    def _hear_event(self, link: Link, event: AnyEvent) -> bool:
        """Pass an event on; return whether it ended its trial's time on this worker."""
        if not isinstance(event, TrialEvent):
            self._ledger.events.append(event)
            return False
        job = link.jobs.get((event.trial, event.attempt))
        if job is None:
            return False
        over = isinstance(event, TrialEnded | TrialPaused)
        if isinstance(event, TrialStarted):
            job.begun_at = event.at
        elif isinstance(event, Reported) and event.waiting:
            job.gate.stand(event.reports[-1].resource)
        elif isinstance(event, CheckpointSaved):
            self._ahead_s = 0.0
        elif over:
            self._part(link, job, event.at)
            self._ledger.forget(job)
        self._ledger.tell(job, [event])
        return over

    def _hear_ahead(self, link: Link, ahead: Ahead) -> bool:
        """Keep what was trained in advance; return whether that ended its trial's time here."""
        job = link.jobs.get((ahead.trial, ahead.attempt))
        if job is None:
            return False
        if isinstance(ahead.then, CheckpointSaved):
            self._ahead_s = 0.0
        told = job.gate.keep(ahead)
        if ahead.then is not None and job.gate.over:
            self._part(link, job, ahead.then.at)
        self._ledger.tell(job, told)
        if job.gate.given_up:
            self._ledger.give_up(job)
            if job.gate.over and not job.gate.passed:
                self._ledger.conclude(job)
        return job.gate.over

    def _part(self, link: Link, job: Job, at: float) -> None:
        """Take note that a worker is done with a trial."""
        del link.jobs[job.key]
        job.link = None
        if job.begun_at is not None:
            self._depth.observe(at - job.begun_at)

    def _take_back(self, link: Link, trials: set[str]) -> None:
        returned = [job for job in link.jobs.values() if job.launch.trial in trials]
        for job in returned:
            del link.jobs[job.key]
        self._staff.crew_of(link).give_back(job for job in returned if not job.superseded)

    # Time ----------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Enforce stops that are overdue; take back what queues behind a long trial."""
        now = time.monotonic()
        for job in [job for job in self._ledger.stopping.values() if (job.kill_at or now) <= now]:
            if job.link is not None and not job.link.dead:
                self._bury(job.link, TimeoutError("a trial was told to stop and did not"))
        for link, doubt in self._staff.doubted():
            if self._staff.homeless(link):
                self._bury(link, ConnectionError("its node has died"))
            elif doubt.until <= now:
                self._bury(link, doubt.error)
            elif doubt.ask_at <= now:
                link.ask(doubt)
        links = self._staff.ready()
        for link in links:
            if _overdue(link, len(links)) <= now:
                link.recall()
                self._depth.collapse()

    def due(self) -> float:
        """Return the monotonic time at which `tick` has something to do next."""
        stops = (job.kill_at for job in self._ledger.stopping.values() if job.kill_at is not None)
        links = self._staff.ready()
        recalls = (_overdue(link, len(links)) for link in links)
        doubts = (min(doubt.until, doubt.ask_at) for _, doubt in self._staff.doubted())
        return min((*stops, *recalls, *doubts, self._staff.due()))

    def flush(self) -> None:
        """Hand out trials, start workers for those that wait, send what was ordered."""
        each = len(self._ledger.jobs) / max(1, self._staff.default.capacity)
        self._depth.supply.note(each, time.monotonic())
        self._staff.fill(self._depth.value)
        links = self._staff.ready()
        for link in links:
            link.send(self._rhythm(len(links)))

    def listen(self) -> None:
        """See to it that every busy worker can report."""
        links = self._staff.ready()
        for link in links:
            link.listen(self._rhythm(len(links)))

    def _rhythm(self, workers: int) -> Rhythm:
        return Rhythm(_linger(workers), self._ahead_s)

    # Ends ----------------------------------------------------------------------------------------

    def _bury(self, link: Link, error: BaseException) -> None:
        """A worker is dead or shall be: account for each of its trials."""
        began = link.greeting is not None
        crew = self._staff.dismiss(link)
        spared = []
        for place, job in enumerate(list(link.jobs.values())):
            if job.kill_at is not None:
                self._ledger.conclude(job)
            elif place == 0 or job.begun_at is not None:
                self._ledger.lose(job, error)
            else:
                spared.append(job)  # it has not run: no attempt is lost
        crew.give_back(spared)
        if not began and (problem := self._staff.mourn(crew, error)) is not None:
            self.fail(problem)

    def abandon(self, error: ErrorInfo) -> None:
        """All workers are gone, and none will come: say so, and account for each trial."""
        self.fail(error)
        for job in [job for job in self._ledger.jobs.values() if job.link is not None]:
            self._ledger.lose(job, ConnectionError(error.message))
        self._ledger.stopping.clear()
        self._staff.abandon()

    def fail(self, error: ErrorInfo) -> None:
        """Say that nothing can run any more, and why."""
        self._ledger.events.append(ExecutorFailed(at=wall_clock(), error=error))


def _linger(workers: int) -> float:
    return max(_LINGER_S, _LINGER_EACH_S * workers)


def _overdue(link: Link, workers: int) -> float:
    """Return when launches queued at the worker are to be taken back."""
    if len(link.jobs) < 2 or link.recalling:
        return float("inf")
    return link.progressed_at + max(_RECALL_S, 2 * _linger(workers))
