"""CMA-ES of the cmaes library: `CMA` where all numbers are real, else `CatCMAwM`.

The library updates its distribution by one whole generation at a time. Here a generation is the
next so many results, in the order in which they come, whoever suggested them: so none can stall,
however many trials are pending, late, failed or from elsewhere. A result that the current
distribution did not sample enters as Hansen has it for injected solutions (arXiv 1110.4181): moved
towards the mean until it is as near as a sample could be.
"""

import math
import pickle
import warnings
from typing import Any

import cmaes
import msgspec
import numpy as np

from tunesmith.errors import OptionError
from tunesmith.protocols import Config, Observation, Problem
from tunesmith.space import SpaceError
from tunesmith_cmaes._space import Array, Layout, Point


class Asked(msgspec.Struct):
    """A suggestion: the library's sample, and which distribution it is from."""

    config: Config
    sample: Any
    restarts: int
    generation: int


class Result(msgspec.Struct):
    """What a trial scored, infinity if it failed, and the generation that its sample is from.

    From elsewhere it is a `Point` of generation -1.
    """

    trial_id: str
    sample: Any
    generation: int
    loss: float


class CmaesSearcher:
    """Suggests samples of a normal distribution that moves to where results are better.

    `sigma` is its standard deviation at first, as a share of each parameter's range. Where it has
    converged, it starts anew elsewhere, with a population `restart_growth` times as large.
    `lr_adapt` and `n_max_resampling` are options of `CMA`, for spaces of real numbers only.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        population_size: int | None = None,
        sigma: float = 0.3,
        restart_growth: float = 2.0,
        lr_adapt: bool | None = None,
        n_max_resampling: int | None = None,
    ) -> None:
        """Raise an `OptionError` for what is not possible."""
        self._layout = layout = Layout(problem.space)
        self._is_real = not (layout.levels or layout.counts)
        given = {"lr_adapt": lr_adapt, "n_max_resampling": n_max_resampling}
        self._options = {key: value for key, value in given.items() if value is not None}
        for name, value, least, wanted in (
            ("population_size", population_size, 4, "a whole number, 4 or more"),
            ("n_max_resampling", n_max_resampling, 1, "a whole number, 1 or more"),
        ):
            if value is not None and (type(value) is not int or value < least):
                raise OptionError(f"searcher 'cmaes': {name}={value!r}; expected {wanted}")
        if not (0 < sigma < math.inf and 1 <= restart_growth < math.inf):
            wrong = f"sigma={sigma!r}, restart_growth={restart_growth!r}"
            raise OptionError(f"searcher 'cmaes': {wrong}; expected more than 0, and 1 or more")
        if self._options and not self._is_real:
            wrong = f"{self._options!r} is for real numbers only, and this space has others"
            raise OptionError(f"searcher 'cmaes': {wrong}; leave it out")
        self._sigma, self._growth = sigma, restart_growth
        self._numbers = layout.reals + len(layout.levels)
        self._rng = problem.rng("cmaes")
        self._restarts = 0
        self._is_empty = not problem.space.tunable
        centre = np.full(self._numbers, 0.5)
        self._optimizer: Any = None if self._is_empty else self._start(centre, population_size)
        self._asked: dict[str, Asked] = {}
        self._told: dict[str, Config] = {}
        self._results: list[Result] = []

    def suggest(self, trial_id: str) -> Config:
        """Return a sample of the current distribution."""
        if self._is_empty:
            return {}
        optimizer = self._optimizer
        sample = optimizer.ask()
        config = self._layout.decode(*self._shown(sample))
        self._asked[trial_id] = Asked(config, sample, self._restarts, optimizer.generation)
        return config.copy()

    def observe(self, observation: Observation) -> None:
        """Learn one fact about any trial; a configuration from outside the space is passed over."""
        trial, config, status = observation.trial_id, observation.config, observation.status
        if self._is_empty or status in ("running", "paused"):
            return
        asked = self._asked.pop(trial, None)
        known = bool(observation.values) and math.isfinite(observation.values[0])
        if status == "infeasible" or (status == "stopped" and not known):
            return
        loss = observation.values[0] if known else math.inf
        if asked is None and self._told.get(trial) == config:
            for result in self._results:
                result.loss = loss if result.trial_id == trial else result.loss
            return
        if asked is not None and asked.config == config:
            result = Result(trial, asked.sample, asked.generation, loss)
        else:
            try:
                result = Result(trial, self._layout.encode(config), -1, loss)
            except SpaceError:
                return
        self._told[trial] = config
        if asked is None or asked.restarts == self._restarts:
            self._results.append(result)
            if len(self._results) >= self._optimizer.population_size:
                self._advance()

    def state(self) -> bytes:
        """Return the distribution, its generator and all results it has not had yet; pickled."""
        # The library's own pickling leaves the generator of `CMA` out.
        kept = (self._asked, self._told, self._results, self._rng, self._restarts)
        return pickle.dumps(({} if self._is_empty else vars(self._optimizer), *kept))

    def restore(self, state: bytes) -> None:
        """Take up what `state` returned, in a searcher made with the same problem and options."""
        inside, *kept = pickle.loads(state)  # noqa: S301  (ours)
        if not self._is_empty:
            vars(self._optimizer).update(inside)
        self._asked, self._told, self._results, self._rng, self._restarts = kept

    def _start(self, mean: Array, size: int | None) -> Any:
        """Return a new distribution around `mean`."""
        seed, layout = self._rng.randrange(2**31), self._layout
        how: Any = {"mean": mean, "sigma": self._sigma, "population_size": size, "seed": seed}
        bounds = [[0.0, 1.0]] * layout.reals
        if self._is_real:
            return cmaes.CMA(bounds=np.array(bounds), **how, **self._options)
        spaces = (part or None for part in (bounds, layout.levels, layout.counts))
        return cmaes.CatCMAwM(*spaces, cov=np.eye(self._numbers), **how)

    def _shown(self, sample: Any) -> tuple[list[float], Array]:
        """Return the numbers and options of the nearest point to a sample in the space."""
        if self._is_real:
            return sample.tolist(), self._layout.none
        numbers = [] if sample.x is None else sample.x.tolist()
        if sample.z is not None:
            numbers += sample.z.tolist()
        return numbers, self._layout.none if sample.c is None else sample.c

    def _advance(self) -> None:
        """Tell the library of a generation; go elsewhere if it has converged."""
        optimizer, results, self._results = self._optimizer, self._results, []
        finite = [result.loss for result in results if result.loss < math.inf]
        if not finite:
            return  # all have failed, which says nothing about where to go
        worst, now = math.nextafter(max(finite), math.inf), optimizer.generation
        told = [
            (r.sample if r.generation == now else self._moved(r), min(r.loss, worst))
            for r in results
        ]
        quiet: Any = np.errstate(all="ignore")
        if not self._is_real:  # `CatCMAwM` divides by the spread of losses, and it may be zero
            quiet = warnings.catch_warnings(action="ignore", category=RuntimeWarning)
        with quiet:
            try:
                optimizer.tell(told)
                is_over = self._numbers > 0 and optimizer.should_stop()
            except np.linalg.LinAlgError:
                is_over = True
        if is_over:
            self._restarts += 1
            mean = np.array([self._rng.random() for _ in range(self._numbers)])
            self._optimizer = self._start(mean, math.ceil(optimizer.population_size * self._growth))

    def _moved(self, result: Result) -> Any:
        """Return what the library takes for a result that its distribution now did not sample."""
        optimizer, point = self._optimizer, result.sample
        if result.generation >= 0 and self._is_real:
            point = Point(point, self._layout.none)
        elif result.generation >= 0:
            point = Point(point._v_raw, point.c)  # noqa: SLF001
        numbers = point.numbers
        if self._numbers:
            mean, n = optimizer._mean, self._numbers  # noqa: SLF001
            if result.generation < 0:
                numbers = self._layout.nearest(mean, numbers)
            scale = optimizer._sigma * getattr(optimizer, "_A", 1.0)  # noqa: SLF001
            step = (numbers - mean) / scale
            length = math.sqrt(max(step @ np.linalg.solve(optimizer._C, step), 0.0))  # noqa: SLF001
            reach = math.sqrt(n) + 2 * n / (n + 2)
            numbers = mean + (numbers - mean) * min(1.0, reach / max(length, 1e-300))
        if self._is_real:
            return numbers
        return cmaes.CatCMAwM.Solution(None, None, point.options, numbers)
