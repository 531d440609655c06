"""bayesian-optimization's acquisition functions on its model, which also knows pending trials.

The library's own optimizer knows no pending and no failed trials, cannot replace what it was told
and prints about points that come twice. So the trials are kept here, and the library's parts (its
space of points, its kernel and its acquisition functions) are given them anew at each suggestion.
"""

import contextlib
import copy
import inspect
import math
import pickle
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from bayes_opt import TargetSpace, acquisition
from bayes_opt.parameter import wrap_kernel
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import Kernel, Matern
from threadpoolctl import ThreadpoolController

from tunesmith.errors import OptionError, did_you_mean
from tunesmith.protocols import Config, Observation, Problem
from tunesmith.space import SpaceError
from tunesmith_bayesopt._space import Axes

Array = NDArray[np.float64]

ACQUISITIONS: dict[str, Callable[..., acquisition.AcquisitionFunction]] = {
    "ucb": acquisition.UpperConfidenceBound,
    "ei": acquisition.ExpectedImprovement,
    "poi": acquisition.ProbabilityOfImprovement,
}
LIMITS = {"init_points": (1, math.inf), "n_random": (1, math.inf), "exploration_decay": (1e-9, 1)}
KEPT = ("_pending", "_known", "_rng", "_generator", "_acquisition")
# Found once: to look for the libraries that have threads takes milliseconds.
THREADS = ThreadpoolController()
# Closer than this, as a share of every parameter's range, two trials at once are one too many.
NEAR = 1e-3
# Losses beyond this are cut to it: their squares would not be finite.
HUGE = 1e100


class BayesoptSearcher:
    """Suggests where the acquisition function is greatest, once `init_points` trials have a loss.

    `acquisition_function` is a key of `ACQUISITIONS` or one of the library's objects. The four
    options after it are its own. `kernel`, `alpha` and `n_restarts_optimizer` are those of the
    Gaussian process, on ranges scaled to 1. `n_random` points are sampled, and the search for the
    greatest goes on from `n_smart` of them.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        acquisition_function: str | acquisition.AcquisitionFunction = "ucb",
        kappa: float | None = None,
        xi: float | None = None,
        exploration_decay: float | None = None,
        exploration_decay_delay: int | None = None,
        init_points: int = 5,
        kernel: Kernel | None = None,
        alpha: float = 1e-6,
        n_restarts_optimizer: int = 5,
        n_random: int = 10_000,
        n_smart: int = 10,
    ) -> None:
        """Raise an `OptionError` for what is not possible."""
        named = {"kappa": kappa, "xi": xi, "exploration_decay": exploration_decay}
        named |= {"exploration_decay_delay": exploration_decay_delay}
        given: dict[str, Any] = {key: value for key, value in named.items() if value is not None}
        fit = {"alpha": alpha, "n_restarts_optimizer": n_restarts_optimizer}
        counts = {"init_points": init_points, "n_random": n_random, "n_smart": n_smart}
        for name, value in {**given, **fit, **counts}.items():
            least, most = LIMITS.get(name, (0, math.inf))
            if not least <= value <= most or value == math.inf:
                wrong = f"searcher 'bayesopt': {name}={value!r}"
                raise OptionError(f"{wrong}; expected a finite number from {least} to {most}")
        self._acquisition = _acquisition(acquisition_function, given)
        self._kernel = Matern(nu=2.5) if kernel is None else kernel
        self._fit = fit
        self._n_random, self._n_smart = n_random, n_smart
        self._init_points = init_points
        self._space, self._axes = problem.space, Axes(problem.space)
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # "experimental" types
            self._targets = TargetSpace(None, self._axes.bounds)
        self._rng = problem.rng("bayesopt")
        self._generator = np.random.RandomState(problem.seed("bayesopt-model"))
        self._widths = np.array(self._axes.widths)
        self._pending: dict[str, Array] = {}
        self._known: dict[str, tuple[Array, float | None]] = {}

    def suggest(self, trial_id: str) -> Config:
        """Return a flat configuration: the model's, or one drawn at random where that is taken."""
        tried = {tuple(point) for point, _ in self._known.values()}
        enough = sum(loss is not None for _, loss in self._known.values()) >= self._init_points
        config = None
        if enough and len(tried | set(map(tuple, self._pending.values()))) < self._axes.size:
            config = self._axes.decode(self._best())
        for _ in range(100):
            if config is not None and not self._is_taken(self._point(config), tried):
                break
            config = self._space.draw(self._rng)
        assert config is not None  # noqa: S101  (drawn at least once)
        self.adopt(trial_id, config)
        return config

    def adopt(self, trial_id: str, config: Config) -> None:
        """Take a trial for pending; a configuration from outside the space is passed over."""
        with contextlib.suppress(SpaceError):
            self._pending[trial_id] = self._point(config)

    def observe(self, observation: Observation) -> None:
        """Learn how any trial ended; the last that is said about a trial holds."""
        if observation.status in ("running", "paused"):
            return
        trial, values = observation.trial_id, observation.values
        self._pending.pop(trial, None)
        if observation.status == "infeasible":
            trial = f"{trial} infeasible {len(self._known)}"  # the trial will get another
        elif observation.status == "stopped" and not values:
            return
        with contextlib.suppress(SpaceError):
            loss = min(max(values[0], -HUGE), HUGE) if values else None
            self._known[trial] = self._point(observation.config), loss

    def state(self) -> bytes:
        """Return the trials, the generators and the acquisition function; pickled."""
        return pickle.dumps({name: getattr(self, name) for name in KEPT})

    def restore(self, state: bytes) -> None:
        """Take up what `state` returned, in a searcher made with the same problem and options."""
        vars(self).update(pickle.loads(state))  # noqa: S301  (ours)

    def _point(self, config: Config) -> Array:
        return np.asarray(self._targets.params_to_array(self._axes.encode(config)), np.float64)

    def _is_taken(self, point: Array, tried: set[tuple[float, ...]]) -> bool:
        """Tell whether a trial was at the point, or one that is pending is next to it."""
        near = NEAR * self._widths
        return tuple(point) in tried or any(
            (abs(point - other) <= near).all() for other in self._pending.values()
        )

    def _best(self) -> dict[str, Any]:
        """Return the library's parameters where the acquisition function is greatest."""
        with THREADS.limit(limits=1), np.errstate(all="ignore"), warnings.catch_warnings():
            for category in (RuntimeWarning, ConvergenceWarning):
                warnings.simplefilter("ignore", category)
            targets = self._told()
            process = self._process(targets)
            find = partial(self._acquisition.suggest, process, targets, self._n_random)
            find = partial(find, fit_gp=False, random_state=self._generator)
            try:
                best = find(n_smart=self._n_smart)
            except RuntimeError:  # differential evolution, which spaces not all real get, gave up
                best = find(n_smart=0)
        params: dict[str, Any] = targets.array_to_params(best)
        return params

    def _told(self) -> TargetSpace:
        """Return the library's record of all trials that ended; failed ones are like the worst."""
        targets = copy.deepcopy(self._targets)
        worst = max(loss for _, loss in self._known.values() if loss is not None)
        losses = dict[tuple[float, ...], list[float]]()
        for point, loss in self._known.values():
            losses.setdefault(tuple(point), []).append(worst if loss is None else loss)
        for place, found in losses.items():
            targets.register(np.array(place), -sum(found) / len(found))
        return targets

    def _process(self, targets: TargetSpace) -> GaussianProcessRegressor:
        """Return the model; it takes pending trials to score what it expects of them."""
        kernel = wrap_kernel(self._kernel, lambda x: targets.kernel_transform(x) / self._widths)
        process = GaussianProcessRegressor(
            kernel, normalize_y=True, random_state=self._generator, **self._fit
        )
        process.fit(targets.params, targets.target)
        pending = [point for point in self._pending.values() if point not in targets]
        if pending:
            expected = process.predict(pending)
            process.set_params(kernel=process.kernel_, optimizer=None)
            process.fit([*targets.params, *pending], [*targets.target, *expected])
        return process


def _acquisition(
    choice: str | acquisition.AcquisitionFunction, options: dict[str, Any]
) -> acquisition.AcquisitionFunction:
    if isinstance(choice, acquisition.ConstantLiar):
        fix = "pending trials are taken into account already: give its base_acquisition itself"
        raise OptionError(f"acquisition_function={choice!r}: {fix}")
    if isinstance(choice, acquisition.AcquisitionFunction):
        if options:
            raise OptionError(f"{choice!r} is made already; give {options!r} to itself")
        return copy.deepcopy(choice)
    if choice not in ACQUISITIONS:
        guess = did_you_mean(choice, ACQUISITIONS) or f"; expected {', '.join(ACQUISITIONS)}"
        raise OptionError(f"acquisition_function={choice!r} is unknown{guess}")
    factory = ACQUISITIONS[choice]
    for option in options.keys() - inspect.signature(factory).parameters.keys():
        raise OptionError(f"acquisition_function={choice!r} has no {option!r}; leave it out")
    if choice != "ucb":
        options.setdefault("xi", 0.01)
    return factory(**options)
