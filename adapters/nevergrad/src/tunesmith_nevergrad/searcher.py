"""An optimizer of Nevergrad as a searcher."""

import math
import pickle
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import nevergrad as ng
import numpy as np
from nevergrad.common.errors import NevergradError, TellNotAskedNotSupportedError

from tunesmith.errors import CapabilityError, MissingLibraryError, OptionError, did_you_mean
from tunesmith.protocols import Config, Observation, Problem
from tunesmith.space import SpaceError
from tunesmith_nevergrad._chance import Chance
from tunesmith_nevergrad._space import Axis, axes, decode, encode

Values = tuple[float, ...]

FAILED: Values = (math.inf,)
"""What Nevergrad is told of a trial without a value; it takes this for 5e20."""

BUDGET = 100
"""For how many trials an optimizer is set up where nobody says how many there will be."""


class NevergradSearcher:
    """Suggests what an optimizer of Nevergrad asks for.

    `optimizer` is a name in Nevergrad's registry, or a configured family like
    `ng.families.DifferentialEvolution(crossover="twopoints")`. It is set up for `budget` trials,
    by default the experiment's, of which `num_workers` run at once.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        optimizer: Any = "NGOpt",
        budget: int | None = None,
        num_workers: int | None = None,
    ) -> None:
        """Raise an `OptionError`, `CapabilityError` or `MissingLibraryError` if that cannot be."""
        budget = problem.num_samples or BUDGET if budget is None else budget
        # Another trial may be asked for before the last is told, whatever the experiment plans.
        workers = max(2, problem.max_concurrent) if num_workers is None else num_workers
        if budget < 1 or workers < 2:
            wrong = f"budget={budget!r}, num_workers={workers!r}"
            raise OptionError(f"{wrong} is not possible; expected at least 1 and at least 2")
        self._space, self._axes = problem.space, axes(problem.space)
        self._plan, self._seed = (optimizer, budget, workers), problem.seed("nevergrad")
        self._is_single = len(problem.objectives) == 1
        self._chance = Chance(problem.seed("nevergrad-models"))
        self._optimizer = self._centred()
        self._inactive = self._optimizer.parametrization.value
        self._pending: dict[str, tuple[Any, Config]] = {}
        self._told: set[str] = set()
        self._early: list[tuple[Any, Values]] = []
        self._has_begun, self._rng = False, problem.rng("nevergrad-draws")
        self._hopeless: list[Any] = []
        self._worst: Values = ()

    def suggest(self, trial_id: str) -> Config:
        """Return what the optimizer asks for; a random point while all that is known is failures.

        A search around the centre could go on in vain for ever, so it begins where a trial worked.
        """
        known = [one for one in self._early if one[1] < FAILED]
        if self._early and not known:
            candidate = self._spawn(encode(self._axes, self._space.draw(self._rng), self._inactive))
        else:
            if known:
                self._begin(min(known, key=lambda one: one[1])[0], self._early)
            with self._quiet():
                candidate = self._optimizer.ask()
        config = dict(self._space.validate(decode(self._axes, candidate.value)))
        self._pending[trial_id] = candidate, config
        return dict(config)

    def observe(self, observation: Observation) -> None:
        """Tell the optimizer; failed and infeasible trials count as worse than any other."""
        trial, values = observation.trial_id, observation.values
        candidate, config = self._pending.pop(trial, (None, None))
        if trial in self._told or (observation.status == "stopped" and not values):
            return
        if config != observation.config:
            try:
                flat = self._space.validate(observation.config)
            except SpaceError:
                return  # from outside this space, say an earlier run's
            candidate = self._spawn(encode(self._axes, flat, self._inactive))
        if observation.status != "infeasible":
            self._told.add(trial)
        if values or self._is_single:
            self._worst = tuple(map(max, self._worst or values, values))
            self._tell(candidate, values or FAILED)
        else:
            self._hopeless.append(candidate)
        while self._worst and self._hopeless:
            # An infinite loss would spoil the volume by which points of a front are compared.
            above = tuple(math.nextafter(value, math.inf) for value in self._worst)
            self._tell(self._hopeless.pop(0), above)

    def state(self) -> bytes:
        """Return the optimizer and what it was not told yet; pickled."""
        return pickle.dumps([vars(self)[name] for name in _STATE])

    def restore(self, state: bytes) -> None:
        """Take up what `state` returned, in a searcher made with the same problem and options."""
        vars(self).update(zip(_STATE, pickle.loads(state), strict=True))  # noqa: S301  (ours)

    def _centred(self, value: Any = None) -> Any:
        """Return a new optimizer that begins at `value`, or in the middle of the space."""
        with self._quiet():
            made = {name: _parameter(axis) for name, axis in self._axes.items()}
            # Without a parameter there would be nothing to optimize.
            root = ng.p.Dict(**(made or {"none": ng.p.Scalar(lower=0, upper=1)}))
            root.random_state = np.random.RandomState(self._seed)
            if value is not None:
                root.value = value
            return _optimizer(root, *self._plan)

    def _begin(self, best: Any, told: list[tuple[Any, Values]]) -> None:
        """Have an optimizer that was told of trials before its own first ones begin at their best.

        Most would begin at the centre whatever they were told.
        """
        is_foreign = not self._optimizer.num_ask or any(values == FAILED for _, values in told)
        if is_foreign and self._is_single:
            self._optimizer = self._centred(best.value)
            for point, values in list(told):
                self._tell(self._spawn(point.value), values)
        self._early, self._has_begun = [], True

    def _spawn(self, value: Any) -> Any:
        """Return a point that the optimizer did not ask for."""
        return self._optimizer.parametrization.spawn_child(new_value=value)

    def _tell(self, candidate: Any, values: Values) -> None:
        if not self._has_begun:
            self._early.append((candidate, values))
        with self._quiet(), suppress(TellNotAskedNotSupportedError):
            # A few optimizers learn from their own suggestions only.
            self._optimizer.tell(candidate, values[0] if len(values) == 1 else list(values))

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        """Have Nevergrad draw from private generators, and keep its advice to itself."""
        with self._chance.drawn(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield


_STATE = (
    *("_optimizer", "_inactive", "_chance", "_rng", "_pending", "_told"),
    *("_early", "_has_begun", "_hopeless", "_worst"),
)


def _parameter(axis: Axis) -> Any:
    made = getattr(ng.p, axis.kind)(**axis.arguments)
    if axis.sigma is not None:
        made.set_mutation(sigma=axis.sigma)
    return made.set_integer_casting() if axis.whole else made


def _optimizer(root: Any, choice: Any, budget: int, workers: int) -> Any:
    """Return the optimizer; it has to work with trials pending, and be picklable."""
    registry = ng.optimizers.registry
    factory = registry.get(choice) if isinstance(choice, str) else choice
    if factory is None or not callable(factory):
        guess = did_you_mean(str(choice), list(registry))
        fix = guess or "; expected a name in nevergrad.optimizers.registry, such as 'TwoPointsDE'"
        raise OptionError(f"optimizer={choice!r} is unknown{fix}")
    if getattr(factory, "no_parallelization", False):
        raise CapabilityError(
            f"optimizer={choice!r} knows only one trial at a time, and trials overlap; "
            "use one that Nevergrad does not mark no_parallelization, such as 'NGOpt'"
        )
    try:
        optimizer = factory(root, budget=budget, num_workers=workers)
        pickle.dumps(optimizer)
    except ImportError as error:
        raise MissingLibraryError(f"optimizer={choice!r}: {error}") from error
    except (NevergradError, ValueError, TypeError) as error:
        raise OptionError(f"optimizer={choice!r} cannot be used here: {error}") from error
    return optimizer
