"""The worker processes: started in parallel, kept warm, ended and replaced."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import ray

from tunesmith.protocols import ErrorInfo, Resources
from tunesmith_ray import loss
from tunesmith_ray.crew import Crew
from tunesmith_ray.demand import Demand, Node, places, shortage
from tunesmith_ray.link import Doubt, Link, Setup
from tunesmith_ray.wire import Greeting

if TYPE_CHECKING:
    from queue import SimpleQueue

_ATTEMPTS = 3
"""Workers in a row that may die while they start."""

_FAREWELL_S = 5.0
"""How long training code may take to clean up at the end of a run."""

_CROWDED_S = 1.0
"""How long a worker may take to start before idle ones of other shapes make room for it."""

MANY = 10_000
"""More workers than any cluster holds."""


class Staff:
    """All workers, one crew for each shape. `marker` names a file that every node must see."""

    def __init__(
        self,
        default: Demand,
        inbox: SimpleQueue[Any],
        marker: Callable[[], str],
        *,
        max_concurrent: int | None,
    ) -> None:
        self.default = Crew(default)
        self.crews: dict[Demand, Crew] = {default: self.default}
        self._inbox = inbox
        self._marker = marker
        self._limit = max_concurrent
        self._setup: Setup | None = None
        self._nodes: tuple[Node, ...] = ()

    def open(self, setup: Setup, links: Iterable[Link]) -> None:
        """Allow workers to be started; `links` are some that are under way already."""
        self._setup = setup
        self.default.links += links

    def see(self, nodes: Sequence[Node]) -> None:
        """Learn which nodes there are."""
        self._nodes = tuple(nodes)
        for crew in self.crews.values():
            self._measure(crew)

    def crew(self, resources: Resources | None) -> Crew:
        """Return the crew whose workers hold these resources."""
        if resources is None:
            return self.default
        demand = Demand.of(resources)
        if demand not in self.crews:
            self.crews[demand] = Crew(demand)
            self._measure(self.crews[demand])
        return self.crews[demand]

    def crew_of(self, link: Link) -> Crew:
        """Return the crew that the worker belongs to."""
        return next(crew for crew in self.crews.values() if link in crew.links)

    def lacking(self, crew: Crew) -> str:
        """Return why no worker of this crew can ever run, or "" if one can or nobody knows yet."""
        return shortage(crew.demand, self._nodes) if self._nodes else ""

    def ready(self) -> list[Link]:
        """Return every worker that can take orders."""
        return [link for crew in self.crews.values() for link in crew.links if link.ready]

    def doubted(self) -> list[tuple[Link, Doubt]]:
        """Return every worker that cannot be reached for a reason that is not yet clear."""
        links = [link for crew in self.crews.values() for link in crew.links]
        return [(link, link.doubt) for link in links if link.doubt is not None]

    def homeless(self, link: Link) -> bool:
        """Tell whether the worker's node has left the cluster."""
        home = link.greeting.node if link.greeting is not None else ""
        return bool(home) and home not in {node.id for node in self._nodes}

    def fill(self, depth: int) -> None:
        """Hand out the trials that wait and start workers for those that are left."""
        for crew in self.crews.values():
            crew.assign(depth)
            for _ in range(crew.shortfall()):
                self._make_room(crew)
                self._hire(crew)
        now = time.monotonic()
        for link in self._starting_in_vain():
            if link.hired_at + _CROWDED_S <= now:
                link.hired_at = now
                self.dismiss(self._idle(self.crew_of(link))[0])
                break

    def replace(self, link: Link) -> None:
        """End a worker and start another in its place."""
        crew = self.dismiss(link)
        self._hire(crew)

    def dismiss(self, link: Link) -> Crew:
        """End a worker; return the crew that it leaves."""
        crew = self.crew_of(link)
        crew.links.remove(link)
        link.kill()
        return crew

    def welcome(self, link: Link, greeting: Greeting) -> ErrorInfo | None:
        """Take note that a worker is up; return the error that keeps it from working, if any."""
        if greeting.error_type:
            self.dismiss(link)
            return explain_greeting(greeting)
        link.greeting = greeting
        self.crew_of(link).failures = 0
        return None

    def mourn(self, crew: Crew, error: BaseException) -> ErrorInfo | None:
        """Take note that a worker died as it started; return an error once that is hopeless."""
        crew.failures += loss.kind_of(error) in {"worker_lost", "oom"}
        cause = loss.failed_to_begin(error)
        if not cause and crew.failures < _ATTEMPTS:
            return None
        return _explain_start(cause or loss.reason_of(error))

    def close(self) -> None:
        """End all workers; those that do not train may release what they hold before."""
        leaving = [link.leave() for link in self.ready() if not link.busy]
        if leaving:
            ray.wait(leaving, num_returns=len(leaving), timeout=_FAREWELL_S)
        for crew in self.crews.values():
            for link in crew.links:
                link.kill()

    def abandon(self) -> None:
        """Forget all workers, and what Ray holds for them: they are gone."""
        for crew in self.crews.values():
            for link in crew.links:
                link.abandon()
            crew.links.clear()
        self._setup = None

    def _hire(self, crew: Crew) -> None:
        if self._setup is not None:
            link = Link(crew.demand, self._setup.options, self._inbox)
            link.prepare(self._setup.load, self._marker())
            crew.links.append(link)

    def due(self) -> float:
        """Return the monotonic time at which `fill` may have to free room for another shape."""
        starting = (link.hired_at + _CROWDED_S for link in self._starting_in_vain())
        return min(starting, default=float("inf"))

    def _starting_in_vain(self) -> list[Link]:
        """Return workers that have not come up while idle ones of other shapes hold resources."""
        crews = [crew for crew in self.crews.values() if crew.backlog]
        return [
            link for crew in crews for link in crew.links if not link.greeting and self._idle(crew)
        ]

    def _idle(self, crew: Crew) -> list[Link]:
        others = (each for each in self.crews.values() if each is not crew and not each.backlog)
        return [link for other in others for link in other.idle()]

    def _make_room(self, crew: Crew) -> None:
        """End idle workers of other shapes that hold what a further worker of this crew needs."""
        idle = self._idle(crew)
        while idle and self._full(crew.demand):
            self.dismiss(idle.pop())

    def _full(self, demand: Demand) -> bool:
        held = [crew.demand.total() for crew in self.crews.values() for _ in crew.links]
        for name, amount in demand.total().items():
            owned = sum(node.totals.get(name, 0.0) for node in self._nodes)
            if owned - sum(each.get(name, 0.0) for each in held) < amount:
                return True
        return False

    def _measure(self, crew: Crew) -> None:
        cpus = sum(node.totals.get("CPU", 0.0) for node in self._nodes)
        most = MANY if crew.demand.total() else max(1, int(cpus))
        crew.capacity = max(1, places(crew.demand, self._nodes, limit=self._limit or most))


def _explain_start(cause: str) -> ErrorInfo:
    last = [line for line in cause.splitlines() if line.strip()][-1:]
    missing = "No module named 'tunesmith" in cause
    fix = (
        "install tunesmith-ray in the same version on every node, or name it in "
        "executor={'name': 'ray', 'runtime_env': {'pip': ['tunesmith-ray']}}"
        if missing
        else "see the worker's log under /tmp/ray/session_latest/logs"
    )
    message = f"Ray workers cannot be started: {' '.join(last).strip()}; {fix}"
    return ErrorInfo(
        type="PluginError", message=message, traceback=cause, fingerprint="worker start"
    )


def explain_greeting(greeting: Greeting) -> ErrorInfo:
    """Return what keeps a worker from working, with the fix."""
    if greeting.error_type == "folder":
        message = (
            f"the worker on {greeting.host!r} cannot use the run folder: {greeting.error}; put "
            "storage= on a file system that every node mounts at the same path"
        )
    else:
        message = (
            f"the training code cannot be loaded on {greeting.host!r}: "
            f"{greeting.error_type}: {greeting.error}; make its modules importable there, for "
            "example with executor={'name': 'ray', 'runtime_env': {'working_dir': '.'}}"
        )
    return ErrorInfo(
        type="UsageError", message=message, traceback=greeting.traceback, fingerprint="worker load"
    )
