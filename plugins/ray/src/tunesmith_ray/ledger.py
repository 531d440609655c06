"""The trials that the executor has at hand, and what the engine hears of them."""

from collections.abc import Callable, Sequence

from tunesmith.protocols import Checkpoint
from tunesmith.protocols.commands import ExecutorCommand, Launch
from tunesmith.protocols.events import AnyEvent
from tunesmith_ray import ends
from tunesmith_ray.link import Job, Key


class Ledger:
    """Knows the newest attempt at each trial; what the engine shall hear collects in `events`.

    `stopping` are those that have been told to stop and have a worker yet. `discard` is called
    with each checkpoint that nobody will hear of.
    """

    def __init__(self, discard: Callable[[Checkpoint], None]) -> None:
        self.events: list[AnyEvent] = []
        self.jobs: dict[str, Job] = {}
        self.stopping: dict[Key, Job] = {}
        self._discard = discard

    def enter(self, launch: Launch) -> Job:
        """Take a new attempt in and return it."""
        job = self.jobs[launch.trial] = Job(launch)
        return job

    def find(self, command: ExecutorCommand) -> Job | None:
        """Return what the command is about, unless that is over."""
        job = self.jobs.get(command.trial)
        return job if job is not None and job.launch.attempt == command.attempt else None

    def tell(self, job: Job, events: Sequence[AnyEvent]) -> None:
        """Let the engine hear this about an attempt, unless it has gone on to a later one."""
        if job.gate.passed:
            self.forget(job)
        if not job.superseded:
            self.events += events

    def forget(self, job: Job) -> None:
        """Take note that an attempt is over."""
        self.stopping.pop(job.key, None)
        if self.jobs.get(job.launch.trial) is job:
            del self.jobs[job.launch.trial]

    def drain(self) -> list[AnyEvent]:
        """Return what the engine shall hear, and forget it."""
        events, self.events = self.events, []
        return events

    def give_up(self, job: Job) -> None:
        """Forget what an attempt did that the engine has not asked for, and will not."""
        for checkpoint in job.gate.give_up():
            self._discard(checkpoint)

    def conclude(self, job: Job) -> None:
        """Tell in a worker's place that a trial was stopped or paused."""
        self.forget(job)
        end = ends.stopped(job.launch, job.stop) if job.stop else ends.paused(job.launch)
        self.tell(job, [end])

    def lose(self, job: Job, error: BaseException) -> None:
        """Tell that an attempt is gone; what was trained in advance is gone with it."""
        self.forget(job)
        self.give_up(job)
        self.tell(job, [ends.lost(job.launch, error)])
