"""The workers of one shape, and the trials that wait for one of them."""

from collections import deque
from collections.abc import Iterable

from tunesmith_ray.demand import Demand
from tunesmith_ray.link import Job, Link


class Crew:
    """Hands trials to workers: an idle one first, several to each while trials are short.

    `capacity` is how many workers of this shape fit in the cluster.
    """

    def __init__(self, demand: Demand) -> None:
        self.demand = demand
        self.capacity = 0
        self.links: list[Link] = []
        self.backlog: deque[Job] = deque()
        self.failures = 0  # workers in a row that died before they were ready

    @property
    def pending(self) -> int:
        """How many workers are still starting."""
        return sum(link.greeting is None for link in self.links)

    def idle(self) -> list[Link]:
        """Return the workers that hold no trial."""
        return [link for link in self.links if link.ready and not link.jobs]

    def shortfall(self) -> int:
        """Return how many workers to start for what is waiting."""
        if not self.backlog:
            return 0
        room = self.pending + len(self.idle())
        return max(0, min(len(self.backlog) - room, self.capacity - len(self.links)))

    def assign(self, depth: int) -> None:
        """Hand out what is waiting, evenly, at most `depth` trials to a worker."""
        while self.backlog:
            open_links = [link for link in self.links if link.ready and len(link.jobs) < depth]
            if not open_links:
                return
            for link in sorted(open_links, key=lambda link: len(link.jobs)):
                if self.backlog:
                    link.launch(self.backlog.popleft())

    def give_back(self, jobs: Iterable[Job]) -> None:
        """Put jobs that no worker has begun at the head of the queue, in their order."""
        for job in reversed(list(jobs)):
            job.link = None
            self.backlog.appendleft(job)
