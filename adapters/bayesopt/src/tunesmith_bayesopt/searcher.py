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
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from bayes_opt import TargetSpace, acquisition
from bayes_opt.parameter import wrap_kernel
from numpy.typing import NDArray
from scipy.optimize import NonlinearConstraint
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import Kernel, Matern
from threadpoolctl import ThreadpoolController

from tunesmith.errors import OptionError
from tunesmith.protocols import Config, Observation, Problem
from tunesmith.space import SpaceError
from tunesmith_bayesopt._space import Axes

# Numbers beyond this are cut to it, or refused: their squares would not be finite.
HUGE = 1e100

Array = NDArray[np.floating[Any]]
Amount = Annotated[float, msgspec.Meta(ge=0, le=HUGE)]
Whole = Annotated[int, msgspec.Meta(ge=0)]
AtLeastOne = Annotated[int, msgspec.Meta(ge=1)]
Function = Literal["ucb", "ei", "poi"] | acquisition.AcquisitionFunction

ACQUISITIONS: dict[str, Callable[..., acquisition.AcquisitionFunction]] = {
    "ucb": acquisition.UpperConfidenceBound,
    "ei": acquisition.ExpectedImprovement,
    "poi": acquisition.ProbabilityOfImprovement,
}
KEPT = ("_pending", "_known", "_rng", "_generator", "_acquisition")
# Found once: to look for the libraries that have threads takes milliseconds.
THREADS = ThreadpoolController()
# Closer than this, as a share of every parameter's range, two trials at once are one too many.
NEAR = 1e-3


class Feasibility(acquisition.AcquisitionFunction):
    """Greatest where all limits are most probably kept, whatever the loss."""

    def base_acq(self, mean: Array, *_: Array) -> Array:
        """Return the same for all forecasts; the library multiplies it by that probability."""
        return np.ones_like(mean)


class BayesoptSearcher:
    """Suggests where the acquisition function is greatest, once `init_points` trials have a loss.

    `acquisition_function` is a key of `ACQUISITIONS` or one of the library's objects; without it,
    "ucb", or "ei" where there are outcome constraints, which upper bounds cannot take. The four
    options after it are its own. `kernel`, `alpha` and `n_restarts_optimizer` are those of the
    Gaussian process, on ranges scaled to 1. `n_random` points are sampled, and the search for the
    greatest goes on from `n_smart` of them.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        acquisition_function: Function | None = None,
        kappa: Amount | None = None,
        xi: Amount | None = None,
        exploration_decay: Annotated[float, msgspec.Meta(gt=0, le=1)] | None = None,
        exploration_decay_delay: Whole | None = None,
        init_points: AtLeastOne = 5,
        kernel: Kernel | None = None,
        alpha: Amount = 1e-6,
        n_restarts_optimizer: Whole = 5,
        n_random: AtLeastOne = 10_000,
        n_smart: Whole = 10,
    ) -> None:
        """Raise an `OptionError` for what is not possible."""
        named = {"kappa": kappa, "xi": xi, "exploration_decay": exploration_decay}
        named |= {"exploration_decay_delay": exploration_decay_delay}
        given: dict[str, Any] = {key: value for key, value in named.items() if value is not None}
        limits = len(problem.outcome_constraints)
        self._acquisition = _acquisition(acquisition_function or ("ei" if limits else "ucb"), given)
        if limits and not _takes_limits(self._acquisition):
            wrong = f"acquisition_function={acquisition_function!r} takes no outcome constraints"
            raise OptionError(f"{wrong}; write 'ei' or 'poi'")
        self._kernel = Matern(nu=2.5) if kernel is None else kernel
        self._fit = {"alpha": alpha, "n_restarts_optimizer": n_restarts_optimizer}
        self._n_random, self._n_smart = n_random, n_smart
        self._init_points = init_points
        self._space, self._axes = problem.space, Axes(problem.space)
        kept = NonlinearConstraint(None, [-math.inf] * limits, [0.0] * limits) if limits else None
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # "experimental" types
            self._targets = TargetSpace(None, self._axes.bounds, kept)
        self._rng = problem.rng("bayesopt")
        self._generator = np.random.RandomState(problem.seed("bayesopt-model"))
        self._widths = np.array(self._axes.widths)
        self._pending: dict[str, Array] = {}
        self._known: dict[str, tuple[Array, tuple[float, ...]]] = {}

    def suggest(self, trial_id: str) -> Config:
        """Return a flat configuration: the model's, or one drawn at random where that is taken."""
        tried = {tuple(point) for point, _ in self._known.values()}
        enough = sum(bool(values) for _, values in self._known.values()) >= self._init_points
        config = self._space.draw(self._rng)
        if enough and len(tried | set(map(tuple, self._pending.values()))) < self._axes.size:
            config = self._axes.decode(self._best())
        for _ in range(100):
            if not self._is_taken(self._point(config), tried):
                break
            config = self._space.draw(self._rng)
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
        trial, values = observation.trial_id, _outcomes(observation)
        self._pending.pop(trial, None)
        if observation.status == "infeasible":
            trial = f"{trial} infeasible {len(self._known)}"  # the trial will get another
        elif observation.status == "stopped" and not values:
            return
        with contextlib.suppress(SpaceError):
            self._known[trial] = self._point(observation.config), values

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
            process = self._process(targets, targets.target)
            if targets.constraint:
                exceeded = targets.constraint_values.reshape(len(targets), -1).T
                targets.constraint.model[:] = [self._process(targets, one) for one in exceeded]
            function = self._acquisition if targets.mask.any() else Feasibility()
            find = partial(function.suggest, process, targets, self._n_random)
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
        worst = np.max([values for _, values in self._known.values() if values], axis=0)
        outcomes = dict[tuple[float, ...], list[Any]]()
        for point, values in self._known.values():
            outcomes.setdefault(tuple(point), []).append(values or worst)
        for place, found in outcomes.items():
            loss, *exceeded = np.mean(found, axis=0)
            targets.register(np.array(place), -loss, np.squeeze(exceeded))
        return targets

    def _process(self, targets: TargetSpace, values: Array) -> GaussianProcessRegressor:
        """Return a model of values; it takes pending trials to go as it expects of them."""
        kernel = wrap_kernel(self._kernel, lambda x: targets.kernel_transform(x) / self._widths)
        process = GaussianProcessRegressor(
            kernel, normalize_y=True, random_state=self._generator, **self._fit
        )
        process.fit(targets.params, values)
        pending = [point for point in self._pending.values() if point not in targets]
        if pending:
            expected = process.predict(pending)
            process.set_params(kernel=process.kernel_, optimizer=None)
            process.fit([*targets.params, *pending], [*values, *expected])
        return process


def _outcomes(observation: Observation) -> tuple[float, ...]:
    """Return the loss and how far each limit is exceeded; nothing if one of these is infinite."""
    values = observation.values + observation.constraint_values
    return () if math.inf in values else tuple(min(max(value, -HUGE), HUGE) for value in values)


def _takes_limits(function: acquisition.AcquisitionFunction) -> bool:
    parts = getattr(function, "base_acquisitions", [function])
    return not any(isinstance(part, acquisition.UpperConfidenceBound) for part in parts)


def _acquisition(choice: Function, options: dict[str, Any]) -> acquisition.AcquisitionFunction:
    if isinstance(choice, acquisition.ConstantLiar):
        fix = "pending trials are taken into account already: give its base_acquisition itself"
        raise OptionError(f"acquisition_function={choice!r}: {fix}")
    if isinstance(choice, acquisition.AcquisitionFunction):
        if options:
            raise OptionError(f"{choice!r} is made already; give {options!r} to itself")
        return copy.deepcopy(choice)
    factory = ACQUISITIONS[choice]
    for option in options.keys() - inspect.signature(factory).parameters.keys():
        raise OptionError(f"acquisition_function={choice!r} has no {option!r}; leave it out")
    if choice != "ucb":
        options.setdefault("xi", 0.01)
    return factory(**options)
