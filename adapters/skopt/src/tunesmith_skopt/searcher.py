"""scikit-optimize's optimizer as a searcher, with pending and failed trials.

The library's optimizer fits its model at each result, and knows results only. So the trials are
kept here, and the optimizer is told all of them when a suggestion is wanted: once for each, with a
lie about every pending trial and the worst loss so far for every failed one.
"""

import contextlib
import inspect
import math
import pickle
import statistics
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import skopt
import skopt.space
from sklearn.base import BaseEstimator, clone, is_regressor
from sklearn.ensemble import GradientBoostingRegressor
from skopt.learning import GradientBoostingQuantileRegressor
from skopt.utils import cook_initial_point_generator
from threadpoolctl import ThreadpoolController

from tunesmith.errors import OptionError, did_you_mean
from tunesmith.protocols import Config, Observation, Problem
from tunesmith.space import SpaceError
from tunesmith_skopt._space import Axes, Point

ESTIMATORS = ("GP", "ET", "RF", "GBRT")
FUNCTIONS = ("gp_hedge", "EI", "LCB", "PI", "MES")
GENERATORS = ("random", "sobol", "halton", "hammersly", "lhs", "grid")
LIES: dict[str, Callable[[Iterable[float]], float]] = {
    "cl_min": min,
    "cl_mean": statistics.fmean,
    "cl_max": max,
}
THREADS = ThreadpoolController()
"""Made once: to find the libraries that have threads takes milliseconds."""
HUGE = 1e100
"""Losses beyond this are cut to it: their squares would not be finite."""


class Boosting(GradientBoostingQuantileRegressor):  # type: ignore[misc]  # untyped library
    """The library's own, for what it takes no more: scikit-learn from 1.6 on, numpy from 2.4 on."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.estimator_type = "regressor"
        return tags

    def predict(self, X: Any, return_std: bool = False) -> Any:  # noqa: N803  (scikit-learn's name)
        """Return the median, and half the distance from the 16% to the 84% quantile."""
        low, middle, high = super().predict(X, return_quantiles=True).T
        return (middle, (high - low) / 2) if return_std else middle


class SkoptSearcher:
    """Suggests where the acquisition function of a model is best.

    `base_estimator` is one of `ESTIMATORS`, or a regressor of scikit-learn's kind whose `predict`
    takes `return_std`. `strategy` is the lie about pending trials: the least, the mean or the
    greatest loss so far. The other options are those of `skopt.Optimizer`.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        base_estimator: str | BaseEstimator = "GP",
        n_initial_points: int = 10,
        initial_point_generator: str = "random",
        acq_func: str = "gp_hedge",
        acq_func_kwargs: Mapping[str, float] | None = None,
        acq_optimizer: str = "auto",
        acq_optimizer_kwargs: Mapping[str, int] | None = None,
        strategy: str = "cl_min",
    ) -> None:
        """Raise an `OptionError` for what is not possible."""
        _at_least(1, "n_initial_points", n_initial_points)
        _check("initial_point_generator", initial_point_generator, GENERATORS)
        _check("acq_func", acq_func, FUNCTIONS)
        _check("acq_optimizer", acq_optimizer, ("auto", "sampling", "lbfgs"))
        _check("strategy", strategy, tuple(LIES))
        for name, value in (acq_func_kwargs or {}).items():
            _check("acq_func_kwargs", name, ("xi", "kappa", "eta", "n_min_samples"))
            _at_least(0, name, value)
        for name, value in (acq_optimizer_kwargs or {}).items():
            _check("acq_optimizer_kwargs", name, ("n_points", "n_restarts_optimizer"))
            _at_least(1, name, value)
        self._lie, self._n_initial_points = LIES[strategy], n_initial_points
        self._space, self._axes = problem.space, Axes(problem.space)
        self._rng = problem.rng("skopt")
        self._pending: dict[str, Point] = {}
        self._known: dict[str, tuple[Point, float | None]] = {}
        self._infeasible: dict[str, Point] = {}
        self._initial: list[Config] = []
        self._optimizer: Any = None
        if not self._axes.dimensions:
            return
        seed = problem.seed("skopt-model")
        self._initial = self._design(initial_point_generator, n_initial_points, seed)
        try:
            self._optimizer = skopt.Optimizer(
                self._dimensions(),
                _estimator(base_estimator, seed),
                n_initial_points=0,
                acq_func=acq_func,
                acq_func_kwargs=dict(acq_func_kwargs or {}),
                acq_optimizer=acq_optimizer,
                acq_optimizer_kwargs=dict(acq_optimizer_kwargs or {}),
                random_state=seed,
            )
        except ValueError as error:
            raise OptionError(f"searcher 'skopt': {error}") from error

    def suggest(self, trial_id: str) -> Config:
        """Return a flat configuration; the trial counts as pending from now on."""
        losses = [loss for _, loss in self._known.values() if loss is not None]
        if self._optimizer is None or len(losses) < self._n_initial_points:
            config = self._initial.pop(0) if self._initial else self._draw()
        elif trial_id in self._infeasible:
            # The model's own suggestion broke a constraint: it is not worth a second fit.
            config = self._draw()
        else:
            config = self._axes.decode(self._best(losses))
        self._pending[trial_id] = self._axes.encode(config)
        return config

    def adopt(self, trial_id: str, config: Config) -> None:
        """Take a trial for pending; a configuration from outside the space is passed over."""
        with contextlib.suppress(SpaceError):
            self._pending[trial_id] = self._axes.encode(config)

    def observe(self, observation: Observation) -> None:
        """Learn how any trial ended; the last that is said about a trial holds."""
        trial, status, values = observation.trial_id, observation.status, observation.values
        if status in ("running", "paused"):
            return
        self._pending.pop(trial, None)
        if status == "stopped" and not values:
            return
        try:
            point = self._axes.encode(observation.config)
        except SpaceError:
            return  # say, from an earlier run: no model could place it
        if status == "infeasible":
            self._infeasible.setdefault(trial, point)
        else:
            loss = min(max(values[0], -HUGE), HUGE) if values else None
            self._known[trial] = point, loss

    def state(self) -> bytes:
        """Return the trials, the generators and the optimizer without its model; pickled."""
        trials = self._pending, self._known, self._infeasible
        return pickle.dumps((*trials, self._initial, self._rng, self._optimizer))

    def restore(self, state: bytes) -> None:
        """Take up what `state` returned, in a searcher made with the same problem and options."""
        (
            self._pending,
            self._known,
            self._infeasible,
            self._initial,
            self._rng,
            self._optimizer,
        ) = pickle.loads(state)  # noqa: S301  (ours)

    def _draw(self) -> Config:
        return dict(self._space.draw(self._rng))

    def _dimensions(self) -> list[Any]:
        return [getattr(skopt.space, d.kind)(**d.arguments) for d in self._axes.dimensions]

    def _design(self, name: str, count: int, seed: int) -> list[Config]:
        """Return the configurations to begin with; none where they are random."""
        generator = cook_initial_point_generator(name)
        if generator is None:
            return []
        with _alone(seed):
            points = generator.generate(self._dimensions(), count, random_state=seed)
        return [self._axes.decode(point) for point in points]

    def _best(self, losses: list[float]) -> Point:
        """Return the optimizer's point once it knows all trials, failed and pending ones too."""
        worst, lie = max(losses), self._lie(losses)
        told = [(point, worst if loss is None else loss) for point, loss in self._known.values()]
        told += [(point, worst) for point in self._infeasible.values()]
        told += [(point, lie) for point in self._pending.values()]
        points, values = map(list, zip(*told, strict=True))
        optimizer = self._optimizer
        optimizer.Xi, optimizer.yi = points[:-1], values[:-1]
        with _alone(self._rng.randrange(2**32)):
            optimizer.tell(points[-1], values[-1])
            best: Point = optimizer.ask()
        # The next suggestion begins with a fit: what is kept here would only be saved and loaded.
        optimizer.Xi, optimizer.yi, optimizer.models = [], [], []
        return best


@contextlib.contextmanager
def _alone(seed: int) -> Iterator[None]:
    """Let the library work without warnings, on one thread, on random numbers of its own."""
    before = np.random.get_state()  # noqa: NPY002  (what the library draws from)
    np.random.seed(seed)  # noqa: NPY002
    try:
        with THREADS.limit(limits=1), np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        np.random.set_state(before)  # noqa: NPY002


def _check(name: str, value: Any, known: Iterable[str]) -> None:
    """Refuse an option, or a key of one, that is not known."""
    if value not in known:
        guess = did_you_mean(str(value), known) or f"; expected {', '.join(known)}"
        raise OptionError(f"searcher 'skopt': {name}: {value!r} is unknown{guess}")


def _at_least(least: int, name: str, value: Any) -> None:
    """Refuse a number below `least`, and where that is 1 one that is not whole."""
    if type(value) not in ((int,) if least else (int, float)) or not least <= value < math.inf:
        wanted = "a whole number, 1 or more" if least else "a number, 0 or more"
        raise OptionError(f"searcher 'skopt': {name}={value!r}; expected {wanted}")


def _estimator(given: str | BaseEstimator, seed: int) -> str | BaseEstimator:
    """Return what `skopt.Optimizer` makes its models from."""
    if isinstance(given, str):
        _check("base_estimator", given, ESTIMATORS)
        if given != "GBRT":
            return given
        boosting = GradientBoostingRegressor(n_estimators=30, loss="quantile")
        return Boosting(base_estimator=boosting, random_state=seed)
    if not (isinstance(given, BaseEstimator) and is_regressor(given)):
        raise OptionError(f"searcher 'skopt': base_estimator={given!r} is no regressor")
    if "return_std" not in inspect.signature(given.predict).parameters:
        wanted = "expected one whose predict takes return_std, BayesianRidge() for one"
        raise OptionError(f"searcher 'skopt': base_estimator={given!r}; {wanted}")
    model = clone(given)
    return model.set_params(random_state=seed) if "random_state" in model.get_params() else model
