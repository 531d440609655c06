"""ZOOpt's sequential RACOS (Hu, Qian and Yu, AAAI 2017) as a searcher.

`SRacosTune`, ZOOpt's own class for this, closes a gate after it has handed out the initial points,
and opens it when the last of them is told. Where that was told before the gate closed, as it is
without parallel trials, no suggestion ever comes again; and it ends for good when it samples a
point again and again. So the parts below it are put together here: nothing waits for anything.
`Dimension` takes the place of `Dimension2`, whose precisions live in a global variable, which other
problems overwrite and new processes do not have.
"""

import contextlib
import math
import pickle
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
from zoopt import Dimension, Objective, Parameter, Solution
from zoopt.algos.opt_algorithms.racos.racos_classification import RacosClassification
from zoopt.algos.opt_algorithms.racos.sracos import SRacos, SRacosTune

from tunesmith.errors import OptionError
from tunesmith.protocols import Config, Observation, Problem
from tunesmith.space import SpaceError
from tunesmith_zoopt._space import Layout, Vector

ATTEMPTS = 100
"""How often a point is sampled that has come before, until it may come again."""
STRATEGIES = ("WR", "RR", "LM")
DRAWS = ("choice", "randint", "random", "uniform")
"""With which functions of `numpy.random` ZOOpt draws."""
LOCK = threading.Lock()


class ZooptSearcher:
    """Suggests points from a random box around one of the best points, without any of the others.

    The best `positive_size` of `train_size` points are the good ones, to begin with of as many
    random ones. A suggestion differs from a good point in `uncertain_bits` parameters, and with a
    chance of `exploration_rate` is random. Sizes that are not given are ZOOpt's for `budget`
    trials, the bits for the number of parameters. `strategy` says which of the other points a new
    one replaces: the worst ("WR"), a random one ("RR") or the furthest from the best ("LM").
    """

    def __init__(
        self,
        problem: Problem,
        *,
        budget: int = 100,
        exploration_rate: float = 0.01,
        uncertain_bits: int | None = None,
        train_size: int | None = None,
        positive_size: int | None = None,
        strategy: str = "WR",
    ) -> None:
        """Raise an `OptionError` for what is not possible."""
        _check("budget", budget, _counts(budget, 4), "a whole number from 4 on")
        is_chance = _is_chance(exploration_rate)
        _check("exploration_rate", exploration_rate, is_chance, "a number from 0 to 1")
        parameter = Parameter(budget=budget, exploration_rate=exploration_rate)
        size = parameter.get_train_size() if train_size is None else train_size
        good = parameter.get_positive_size() if positive_size is None else positive_size
        _check("train_size", size, _counts(size, 2), "a whole number from 2 on")
        is_part = _counts(good, 1) and good < size
        _check("positive_size", good, is_part, f"a whole number from 1 to below train_size={size}")
        _check("strategy", strategy, strategy in STRATEGIES, f"one of {', '.join(STRATEGIES)}")
        parameter.set_train_size(size)
        parameter.set_positive_size(good)
        self._layout = layout = Layout(problem.space)
        self._dimension = Dimension(
            len(layout.regions), layout.regions, layout.continuous, layout.ordered
        )
        objective = Objective(None, self._dimension)
        bits = SRacosTune.choose_ub(objective) if uncertain_bits is None else uncertain_bits
        _check("uncertain_bits", bits, _counts(bits, 1), "a whole number from 1 on")
        self._bits, self._size, self._strategy = bits, size, strategy
        self._exploit = parameter.get_probability()
        self._racos: Any = SRacos()
        self._racos.set_objective(objective)
        self._racos.set_parameters(parameter)
        self._draw_from(np.random.RandomState(problem.seed("zoopt")))
        self._pending: dict[str, tuple[Config, Vector]] = {}
        self._seen: set[Vector] = set()
        self._known: dict[Vector, Any] = {}

    def suggest(self, trial_id: str) -> Config:
        """Return a point that has not come before, as long as one is found."""
        with self._private_chance():
            sample = self._sample()
        config = self._layout.decode(sample)
        vector = self._layout.vector(config)
        self._pending[trial_id] = config, vector
        self._seen.add(vector)
        return config.copy()

    def adopt(self, trial_id: str, config: Config) -> None:  # noqa: ARG002
        """Count a point as tried; passes over what is from outside this space."""
        with contextlib.suppress(SpaceError):
            self._seen.add(self._layout.encode(config))

    def observe(self, observation: Observation) -> None:
        """Learn one fact about any trial; one that failed or diverged is worse than any other."""
        status, values = observation.status, observation.values
        config, vector = self._pending.pop(observation.trial_id, (None, ()))
        if config != observation.config:
            try:
                vector = self._layout.encode(observation.config)
            except SpaceError:
                return  # say, an earlier run's: it has no place here
            self._seen.add(vector)
        if status in ("running", "paused", "infeasible") or (status == "stopped" and not values):
            return
        # Of the strategies only "RR" draws.
        with self._private_chance() if self._strategy == "RR" else contextlib.nullcontext():
            self._learn(vector, values[0] if values else math.inf)

    def state(self) -> bytes:
        """Return the points and the state of chance; pickled."""
        # ZOOpt's own object holds a function that cannot be pickled.
        kept = (self._pools(), self._pending, self._known, self._seen, self._chance)
        return pickle.dumps(kept)

    def restore(self, state: bytes) -> None:
        """Take up what `state` returned, in a searcher made with the same problem and options."""
        pools, self._pending, self._known, self._seen, chance = pickle.loads(state)  # noqa: S301  (ours)
        self._draw_from(chance)
        for pool, kept in zip(self._pools(), pools, strict=True):
            pool[:] = kept

    def _pools(self) -> tuple[list[Any], list[Any], list[Any]]:
        """Return the points to begin with, the good points and the others."""
        racos = self._racos
        return racos.get_data(), racos.get_positive_data(), racos.get_negative_data()

    def _sample(self) -> Any:
        points, good, others = self._pools()
        is_trained = len(points) == self._size
        for attempt in range(2 * ATTEMPTS):
            if is_trained and attempt < ATTEMPTS and self._chance.random_sample() < self._exploit:
                box = RacosClassification(self._dimension, good, others, self._bits)
                box.mixed_classification()
                vector = box.rand_sample()
            else:
                vector = self._dimension.rand_sample()
            if tuple(vector) not in self._seen:
                break
        return vector

    def _learn(self, vector: Vector, loss: float) -> None:
        """Take a point among the good or the other ones; each only once, or no box parts them."""
        points, good, others = self._pools()
        solution = self._known.get(vector)
        if solution is None:
            solution = self._known[vector] = Solution(list(vector), loss)
            if len(points) == self._size:
                ousted = self._racos.replace(good, solution, "pos")
                self._racos.replace(others, ousted, "neg", self._strategy)
                return
            points.append(solution)
        else:
            solution.set_value(loss)
            points[:] = points if len(points) < self._size else good + others
        if len(points) == self._size:
            self._racos.selection()

    @contextlib.contextmanager
    def _private_chance(self) -> Iterator[None]:
        """Have ZOOpt, which draws from the generator that everybody shares, draw from the own one.

        That is done by the names of its functions: to save and load the state takes longer than
        all that ZOOpt does.
        """
        shared = vars(np.random)
        with LOCK:
            before = {name: shared[name] for name in DRAWS}
            shared.update(self._draws)
            try:
                yield
            finally:
                shared.update(before)

    def _draw_from(self, chance: np.random.RandomState) -> None:
        self._chance, self._draws = chance, {name: getattr(chance, name) for name in DRAWS}


def _check(name: str, value: object, fits: bool, wanted: str) -> None:
    if not fits:
        raise OptionError(f"searcher 'zoopt': {name}={value!r}; expected {wanted}")


def _counts(value: object, least: int) -> bool:
    return isinstance(value, int) and value >= least


def _is_chance(value: object) -> bool:
    return isinstance(value, int | float) and 0 <= value <= 1
