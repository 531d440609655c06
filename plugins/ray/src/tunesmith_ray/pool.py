"""Which worker runs which trial: commands become orders, workers' answers become events.

Only the executor's own thread calls in here; what other threads learn arrives as messages.
"""

import time

import msgspec
from ray.exceptions import ActorUnavailableError

from tunesmith.protocols import ErrorInfo
from tunesmith.protocols.commands import ExecutorCommand, Launch, Stop
from tunesmith.protocols.events import (
    AnyEvent,
    ExecutorFailed,
    Outcome,
    Reported,
    TrialEnded,
    TrialEvent,
    TrialLost,
    TrialPaused,
    TrialStarted,
)
from tunesmith_ray import loss
from tunesmith_ray.clock import wall_clock
from tunesmith_ray.depth import Depth
from tunesmith_ray.link import Answered, Job, Key, Link
from tunesmith_ray.staff import Staff
from tunesmith_ray.wire import Batch, Greeting

_RECALL_S = 0.05
"""How long a trial may keep others waiting in its worker's queue."""

_LINGER_S = 0.01
_LINGER_EACH_S = 0.002
"""Workers hold their reports back for a moment, the longer the more of them there are: the driver
takes in some hundred batches a second, whatever the number of workers."""


class PoolOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How trials are handed out. `patient`: an unmet request waits for the cluster to grow."""

    isolate: bool = False
    prefetch: int = 16
    stop_grace_s: float = 10.0
    patient: bool = False
    max_concurrent: int | None = None


class Pool:
    """Runs trials on the workers of a `Staff`; what happens collects in `events`."""

    def __init__(self, options: PoolOptions, staff: Staff) -> None:
        self.events: list[AnyEvent] = []
        self._staff = staff
        self._options = options
        self._depth = Depth(1 if options.isolate else options.prefetch)
        self._jobs: dict[str, Job] = {}
        self._stopping: dict[Key, Job] = {}

    @property
    def slots(self) -> int:
        """How many trials are welcome at once."""
        wanted = self._staff.default.capacity * self._depth.value
        return min(self._options.max_concurrent or wanted, wanted)

    # Commands ------------------------------------------------------------------------------------

    def take(self, command: ExecutorCommand) -> None:
        """Accept one command; it leaves with the next `flush`."""
        job = self._jobs.get(command.trial)
        if isinstance(command, Launch):
            if job is None or job.launch.attempt < command.attempt:
                self._launch(command, job)
        elif job is None or job.launch.attempt != command.attempt:
            return  # it ended on its own meanwhile, which its events tell
        elif isinstance(command, Stop):
            self._stop(job, command)
        elif job.link is not None:
            job.waiting = False
            job.link.order(command)

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
            self._emit_end(launch, "failed", error=ErrorInfo(type="UsageError", message=lacking))
            return
        job = Job(launch)
        self._jobs[launch.trial] = job
        crew.backlog.append(job)

    def _stop(self, job: Job, stop: Stop) -> None:
        job.stop = stop
        if job.link is None:
            for crew in self._staff.crews.values():
                if job in crew.backlog:
                    crew.backlog.remove(job)
            self._end_stopped(job)
            return
        job.kill_at = time.monotonic() + self._options.stop_grace_s
        job.waiting = False
        job.link.order(stop)
        self._stopping[job.key] = job

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
            problem = self._staff.welcome(link, content)
            if problem is not None:
                self.fail(problem)
            return
        for batch in link.receive(content):
            self._receive(link, batch)

    def _receive(self, link: Link, batch: Batch) -> None:
        ended = False
        link.progressed_at = time.monotonic()
        link.recalling = False
        for event in batch.events:
            ended |= self._hear_event(link, event)
        if batch.recalled:
            self._take_back(link, set(batch.recalled))
        if ended and self._options.isolate and not link.jobs:
            self._staff.replace(link)

    def _hear_event(self, link: Link, event: AnyEvent) -> bool:
        """Pass an event on; return whether it ended its trial's time on this worker."""
        if not isinstance(event, TrialEvent):
            self.events.append(event)
            return False
        job = link.jobs.get((event.trial, event.attempt))
        if job is None:
            return False
        over = isinstance(event, TrialEnded | TrialPaused)
        if isinstance(event, TrialStarted):
            job.begun_at = event.at
        elif isinstance(event, Reported):
            job.waiting = event.waiting
        elif over:
            del link.jobs[job.key]
            self._forget(job)
            if job.begun_at is not None:
                self._depth.observe(event.at - job.begun_at)
        if not job.superseded:
            self.events.append(event)
        return over

    def _take_back(self, link: Link, trials: set[str]) -> None:
        returned = [job for job in link.jobs.values() if job.launch.trial in trials]
        for job in returned:
            del link.jobs[job.key]
        self._staff.crew_of(link).give_back(job for job in returned if not job.superseded)

    # Time ----------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Enforce stops that are overdue; take back what queues behind a long trial."""
        now = time.monotonic()
        for job in [job for job in self._stopping.values() if (job.kill_at or now) <= now]:
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
        stops = (job.kill_at for job in self._stopping.values() if job.kill_at is not None)
        links = self._staff.ready()
        recalls = (_overdue(link, len(links)) for link in links)
        doubts = (min(doubt.until, doubt.ask_at) for _, doubt in self._staff.doubted())
        return min((*stops, *recalls, *doubts, self._staff.due()))

    def flush(self) -> None:
        """Hand out trials, start workers for those that wait, send what was ordered."""
        self._staff.fill(self._depth.value)
        links = self._staff.ready()
        for link in links:
            link.send(_linger(len(links)))

    def listen(self) -> None:
        """See to it that every busy worker can report."""
        links = self._staff.ready()
        for link in links:
            link.listen(_linger(len(links)))

    # Ends ----------------------------------------------------------------------------------------

    def _bury(self, link: Link, error: BaseException) -> None:
        """A worker is dead or shall be: account for each of its trials."""
        began = link.greeting is not None
        crew = self._staff.dismiss(link)
        spared = []
        for place, job in enumerate(list(link.jobs.values())):
            if job.kill_at is not None:
                self._end_stopped(job)
            elif place == 0 or job.begun_at is not None:
                self._forget(job)
                self._emit_loss(job.launch, error)
            else:
                spared.append(job)  # it has not run: no attempt is lost
        crew.give_back(spared)
        if not began:
            problem = self._staff.mourn(crew, error)
            if problem is not None:
                self.fail(problem)

    def abandon(self, error: ErrorInfo) -> None:
        """All workers are gone, and none will come: say so, and account for each trial."""
        self.fail(error)
        for job in [job for job in self._jobs.values() if job.link is not None]:
            self._forget(job)
            if not job.superseded:
                self._emit_loss(job.launch, ConnectionError(error.message))
        self._stopping.clear()
        self._staff.abandon()

    def fail(self, error: ErrorInfo) -> None:
        """Say that nothing can run any more, and why."""
        self.events.append(ExecutorFailed(at=wall_clock(), error=error))

    def _end_stopped(self, job: Job) -> None:
        self._forget(job)
        if job.stop is not None and not job.superseded:
            self._emit_end(job.launch, job.stop.outcome, reason=job.stop.reason)

    def _forget(self, job: Job) -> None:
        self._stopping.pop(job.key, None)
        if self._jobs.get(job.launch.trial) is job:
            del self._jobs[job.launch.trial]

    def _emit_end(
        self, launch: Launch, outcome: Outcome, *, reason: str = "", error: ErrorInfo | None = None
    ) -> None:
        ended = TrialEnded(
            at=wall_clock(),
            trial=launch.trial,
            attempt=launch.attempt,
            outcome=outcome,
            reason=reason,
            error=error,
            failure="user_error" if error is not None else None,
        )
        self.events.append(ended)

    def _emit_loss(self, launch: Launch, error: BaseException) -> None:
        lost = TrialLost(
            at=wall_clock(),
            trial=launch.trial,
            attempt=launch.attempt,
            failure=loss.kind_of(error),
            reason=loss.reason_of(error),
        )
        self.events.append(lost)


def _linger(workers: int) -> float:
    return max(_LINGER_S, _LINGER_EACH_S * workers)


def _overdue(link: Link, workers: int) -> float:
    """Return when launches queued at the worker are to be taken back."""
    if len(link.jobs) < 2 or link.recalling:
        return float("inf")
    return link.progressed_at + max(_RECALL_S, 2 * _linger(workers))
