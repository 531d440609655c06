"""Searchers of which each breaks one rule: the module is imported by name, also elsewhere."""

import pickle
import random
from math import dist

import numpy as np
from msgspec.structs import replace

from tunesmith.plugins import Capabilities, SearcherSpec
from tunesmith.protocols import SearchExhausted
from tunesmith.space import Cube

EVERYTHING = Capabilities(
    log=True,
    integer=True,
    ordinal=True,
    categorical=True,
    step=True,
    normal=True,
    conditional=True,
    multi_objective=True,
)


class Sound:
    """Draws each configuration; can be saved."""

    def __init_subclass__(cls, *, able=EVERYTHING, **declared):
        cls.spec = SearcherSpec(
            name=cls.__name__,
            factory=f"{__name__}:{cls.__name__}",
            api="1.0",
            capabilities=able,
            **declared,
        )

    def __init__(self, problem):
        self.problem, self.rng = problem, problem.rng("sound")
        self.pending = {}
        self.told = {}

    def suggest(self, trial_id):
        self.pending[trial_id] = self.problem.space.draw(self.rng)
        return dict(self.pending[trial_id])

    def adopt(self, trial_id, config):
        self.pending[trial_id] = dict(config)

    def observe(self, observation):
        self.pending.pop(observation.trial_id, None)
        if observation.status == "completed" and observation.values:
            self.told[observation.trial_id] = (observation.values[0], dict(observation.config))

    def state(self):
        return pickle.dumps((self.rng, self.pending, self.told))

    def restore(self, state):
        self.rng, self.pending, self.told = pickle.loads(state)  # noqa: S301 (its own)


class Random(Sound):
    """The sound one itself."""


class Greedy(Sound):
    """Suggests what the nearest of few draws promises, and never looks elsewhere."""

    def suggest(self, trial_id):
        cube = Cube(self.problem.space)
        drawn = [self.problem.space.draw(self.rng) for _ in range(16)]
        known = [(cube.encode(config), value) for value, config in self.told.values()]

        def promise(config):
            place = cube.encode(config)
            near = sorted((dist(place, point), value) for point, value in known)[:3]
            return sum(value for _, value in near)

        self.pending[trial_id] = min(drawn, key=promise) if len(known) > 5 else drawn[0]
        return dict(self.pending[trial_id])


class Climber(Sound, able=Capabilities(log=True, integer=True, categorical=True, ordinal=True)):
    """Steps away from the best, now and then draws."""

    def suggest(self, trial_id):
        cube = Cube(self.problem.space)
        if not self.told or self.rng.random() < 0.3:
            return super().suggest(trial_id)
        _, config = min(self.told.values(), key=lambda pair: pair[0])
        place = [x + self.rng.gauss(0, 0.2) for x in cube.encode(config)]
        self.pending[trial_id] = cube.decode([min(1.0, max(0.0, x)) for x in place])
        return dict(self.pending[trial_id])


class Narrow(Sound):
    def suggest(self, trial_id):
        cube = Cube(self.problem.space)
        place = [0.15 + 0.7 * x for x in cube.encode(self.problem.space.draw(self.rng))]
        self.pending[trial_id] = cube.decode(place)
        return dict(self.pending[trial_id])


class FollowsEarly(Climber, able=Climber.spec.capabilities, partial="all"):
    def observe(self, observation):
        self.pending.pop(observation.trial_id, None)
        value = min((*observation.values, *self.told.get(observation.trial_id, ())[:1]), default=9)
        self.told[observation.trial_id] = (value, dict(observation.config))


class FollowsFailures(Climber, able=Climber.spec.capabilities):
    def observe(self, observation):
        self.pending.pop(observation.trial_id, None)
        value = observation.values[0] if observation.values else 0.0
        if observation.status != "stopped":
            self.told[observation.trial_id] = (value, dict(observation.config))


class WaitsForFailed(Sound):
    def observe(self, observation):
        if observation.values or observation.status == "infeasible":
            super().observe(observation)

    def suggest(self, trial_id):
        return None if len(self.pending) > 10 else super().suggest(trial_id)


class GivesUp(Sound):
    def suggest(self, trial_id):
        return None if len(self.told) > 4 else super().suggest(trial_id)


class Halves(Sound):
    def suggest_batch(self, trial_ids):
        return [self.suggest(trial_id) for trial_id in trial_ids[::2]]


class HashSeed(Sound):
    def suggest(self, trial_id):
        config = super().suggest(trial_id)
        late = len(self.told) > 40 and "act" in config
        return {**config, "act": next(iter({"relu", "tanh"}))} if late else config


class ConstantSeed(Sound):
    def __init__(self, problem):
        super().__init__(problem)
        self.rng = random.Random(0)


class NoGrid(Sound, able=replace(EVERYTHING, grid=True)):
    pass


class NoEnd(Sound, able=replace(EVERYTHING, grid=True)):
    def suggest(self, trial_id):
        cells = [{"n": n, "act": act} for n in range(4) for act in ("relu", "tanh")]
        if set(cells[0]) != {one.path for one in self.problem.space.parameters}:
            return super().suggest(trial_id)
        return cells[len(self.told) % 8]


class StateDraws(Sound):
    def state(self):
        self.rng.random()
        return super().state()


class StateIsNoBytes(Sound):
    def state(self):
        return lambda: super().state()


class ChangesConfig(Sound):
    def observe(self, observation):
        super().observe(observation)
        observation.config.clear()


class ChangesMetrics(Sound):
    def observe(self, observation):
        super().observe(observation)
        observation.metrics["loss0"] = -999.0


class ChangesAdopted(Sound):
    def adopt(self, trial_id, config):
        super().adopt(trial_id, config)
        config.clear()


class SeedsRandom(Sound):
    def __init__(self, problem):
        super().__init__(problem)
        random.seed(problem.seed("all"))


class SeedsNumpy(Sound):
    def suggest(self, trial_id):
        np.random.seed(0)  # noqa: NPY002 (that is the flaw)
        return super().suggest(trial_id)


class Hasty(Sound):
    pace = "fast"


class Nosy(Sound, observes="all"):
    pass


class Mute:
    def __init__(self, problem):
        pass

    def observe(self, observation):
        pass


class Deaf:
    def __init__(self, problem):
        pass

    def suggest(self, trial_id):
        raise SearchExhausted
