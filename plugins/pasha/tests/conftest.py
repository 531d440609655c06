"""A problem to schedule, and a pretend cluster that runs its trials through a real engine."""

from math import inf
from random import Random

import pytest

from tunesmith.protocols import Objective, Problem
from tunesmith.protocols.events import CapacityChanged, RunStarted, SearchEnded, Suggested
from tunesmith.space import parse_space, uniform
from tunesmith.testing.worlds import World


@pytest.fixture(scope="session")
def make_problem():
    """Make a problem with the given end and unit."""

    def make(max_resource=9, resource="training_iteration"):
        return Problem(
            space=parse_space({"lr": uniform(0, 1)}),
            objectives=(Objective("loss", "min"),),
            seeds=Random,
            resource=resource,
            max_resource=max_resource,
        )

    return make


class Cluster(World):
    """Runs trials whose curves are known; some fail for good, workers and drivers may vanish."""

    def __init__(self, scheduler, *, doom=None, lossy=0.0, seed=0, **settings):
        self.doom, self.lossy, self.rng = doom or {}, lossy, Random(seed)
        settings.setdefault("length", 10_000)
        super().__init__(scheduler, retries={"worker_lost": None}, **settings)

    def step(self, trial, loss=1.0, by=1.0):
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

    def crash(self):
        """Forget all that runs, as when the driver dies, and take the experiment up again."""
        known = [event for event in self.inbox if isinstance(event, Suggested | SearchEnded)]
        self.running.clear()
        self.inbox.clear()
        self.give(RunStarted(at=self.now))
        self.inbox.extend(known)
        self.give(CapacityChanged(at=self.now, slots=self.slots))

    def deliver(self):
        """Hand over what is on its way; no slot is idle while another trial could come."""
        super().deliver()
        if self.finish is None and self.engine._allocation._may_ask:
            assert len(self.running) == self.slots

    def ends(self):
        """Return each trial's status and how far it trained, in order of creation."""
        views = [trial.view() for trial in self.engine._trials]
        return [(view.status, view.resource) for view in views]


@pytest.fixture(scope="session")
def cluster():
    """Return the class of pretend clusters."""
    return Cluster


class Reborn:
    """Gives each call to a scheduler that knows only what the one before it has saved."""

    def __init__(self, make):
        self._make, self._now = make, make()

    def __getattr__(self, name):
        getattr(self._now, name)

        def call(*arguments):
            saved = self._now.state()
            self._now = self._make()
            self._now.restore(saved)
            assert self._now.state() == saved
            return getattr(self._now, name)(*arguments)

        return call


@pytest.fixture(scope="session")
def reborn():
    """Return the wrapper that saves and restores before each call."""
    return Reborn
