"""For a scheduler's own tests: problems, unlucky clusters to run on, and restarts at every call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf
from random import Random
from typing import Any

from tunesmith.protocols import Objective, Problem
from tunesmith.protocols.events import CapacityChanged, RunStarted, SearchEnded, Suggested
from tunesmith.space import parse_space, uniform
from tunesmith.testing.worlds import World


def make_problem(
    max_resource: float | None = 9, resource: str = "training_iteration", objectives: int = 1
) -> Problem:
    """Return a problem of one parameter with the given end and unit."""
    return Problem(
        space=parse_space({"lr": uniform(0, 1)}),
        objectives=tuple(Objective(f"loss{i or ''}", "min") for i in range(objectives)),
        seeds=Random,
        resource=resource,
        max_resource=max_resource,
    )


class Cluster(World):
    """Runs trials whose curves are known; some fail for good, workers and drivers may vanish.

    `doom` says at which resource a trial fails; `lossy` is how likely a step ends in the loss of
    the trial's worker, and a quarter of it in that of the driver.
    """

    def __init__(
        self,
        scheduler: Any,
        *,
        doom: Mapping[str, float] | None = None,
        lossy: float = 0.0,
        seed: int = 0,
        **settings: Any,
    ) -> None:
        self.doom, self.lossy = doom or {}, lossy
        self.rng = Random(seed)  # noqa: S311 (the same each time)
        settings.setdefault("length", 10_000)
        super().__init__(scheduler, retries={"worker_lost": None}, **settings)

    def step(self, trial: str, loss: float = 1.0, by: float = 1.0) -> None:
        """Let the trial go on, fail at its time, or lose its worker; or lose the driver."""
        attempt = self.running[trial]
        is_free = attempt.is_started and not attempt.is_waiting and attempt.order is None
        if is_free and attempt.at >= self.doom.get(trial, inf):
            self.fail(trial)
        elif self.rng.random() < self.lossy:
            self.lose(trial)
        elif self.rng.random() < self.lossy / 4:
            self.crash()
        else:
            super().step(trial, loss, by)

    def crash(self) -> None:
        """Forget all that runs, as when the driver dies, and take the experiment up again."""
        known = [event for event in self.inbox if isinstance(event, Suggested | SearchEnded)]
        self.running.clear()
        self.inbox.clear()
        self.give(RunStarted(at=self.now))
        self.inbox.extend(known)
        self.give(CapacityChanged(at=self.now, slots=self.slots))

    def deliver(self) -> None:
        """Hand over what is on its way; no slot is idle while another trial could come."""
        super().deliver()
        if self.finish is None and self.engine._allocation._may_ask:
            assert len(self.running) == self.slots

    def ends(self) -> list[tuple[str, float]]:
        """Return each trial's status and how far it trained, in order of creation."""
        views = [trial.view() for trial in self.engine._trials]
        return [(view.status, view.resource) for view in views]


class Reborn:
    """Gives each call to a scheduler that knows only what the one before it has saved."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make, self._now = make, make()

    def __getattr__(self, name: str) -> Any:
        getattr(self._now, name)

        def call(*arguments: Any) -> Any:
            saved = self._now.state()
            self._now = self._make()
            self._now.restore(saved)
            assert self._now.state() == saved
            return getattr(self._now, name)(*arguments)

        return call
