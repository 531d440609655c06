"""An Optuna study as a searcher."""

import contextlib
import copy
import importlib.util
import inspect
import math
import pickle
import warnings
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import msgspec
import optuna
from optuna import samplers
from optuna.trial import TrialState, create_trial

from tunesmith.errors import CapabilityError, MissingLibraryError, OptionError, did_you_mean
from tunesmith.plugins import check_values
from tunesmith.protocols import Config, Observation, Problem, SearchExhausted
from tunesmith.space import SpaceError
from tunesmith_optuna._space import dimensions

Factory = Callable[..., samplers.BaseSampler]
Choice = str | samplers.BaseSampler | Factory

SAMPLERS: dict[str, Factory] = {
    "tpe": samplers.TPESampler,
    "gp": samplers.GPSampler,
    "cmaes": samplers.CmaEsSampler,
    "nsga2": samplers.NSGAIISampler,
    "nsga3": samplers.NSGAIIISampler,
    "qmc": samplers.QMCSampler,
    "random": samplers.RandomSampler,
}
LIBRARIES = {"gp": ("torch", "scipy"), "cmaes": ("cmaes",), "qmc": ("scipy",)}
# The samplers that make use of Optuna's constraints.
MODELLING = samplers.TPESampler, samplers.GPSampler, samplers.NSGAIISampler, samplers.NSGAIIISampler
# The value to CMA-ES, which only ranks, of a trial next to its limits; losses are smaller.
BROKEN = 1e100


class _Study(optuna.Study):
    """A study that samplers can end though no loop of Optuna's own goes on."""

    is_over = False

    def stop(self) -> None:
        """Note that the sampler has nothing left to try."""
        self.is_over = True


class OptunaSearcher:
    """Suggests what an Optuna sampler samples.

    `sampler` is a key of `SAMPLERS`, a sampler, or a factory called with `seed=`. The
    four options after it are its own; further ones go into `sampler_options`.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        sampler: Choice = "tpe",
        n_startup_trials: Annotated[int, msgspec.Meta(ge=0)] | None = None,
        multivariate: bool | None = None,
        group: bool | None = None,
        constant_liar: bool | None = None,
        sampler_options: Mapping[str, Any] | None = None,
    ) -> None:
        """Raise a `UsageError` or `MissingLibraryError` if that cannot be done."""
        named = {"n_startup_trials": n_startup_trials, "multivariate": multivariate, "group": group}
        named |= {"constant_liar": constant_liar, **(sampler_options or {})}
        options = {key: value for key, value in named.items() if value is not None}
        self._study = _study(problem, sampler, options)
        self.pace = "slow" if isinstance(self._study.sampler, samplers.GPSampler) else "quick"
        self._space, self._dimensions = problem.space, dimensions(problem.space)
        self._units = {str(one): one.unit for one in problem.outcome_constraints}
        self._distributions = {
            d.path: getattr(optuna.distributions, f"{d.kind}Distribution")(**d.options)
            for d in self._dimensions
        }
        self._numbers: dict[str, int] = {}
        self._configs: dict[str, Config] = {}

    def suggest(self, trial_id: str) -> Config:
        """Return the sampler's next configuration; the trial counts as pending from now on."""
        if self._study.is_over:
            raise SearchExhausted(f"{type(self._study.sampler).__name__} has tried all it has")
        trial, flat = self._study.ask(), dict[str, Any]()
        for d in self._dimensions:
            if d.active(flat):
                sample = getattr(trial, f"suggest_{d.kind.lower()}")
                flat[d.path] = d.decode(sample(d.path, **d.options))
        self._numbers[trial_id] = trial.number
        self._configs[trial_id] = dict(self._space.validate(flat))
        return dict(self._configs[trial_id])

    def adopt(self, trial_id: str, config: Config) -> None:
        """Add a pending trial to the study; passes over what is from outside this space."""
        try:
            flat = self._space.validate(config)
        except SpaceError:
            return  # say an earlier run's: no sampler could place it
        trial = create_trial(
            state=TrialState.RUNNING,
            params={d.path: d.encode(flat[d.path]) for d in self._dimensions if d.path in flat},
            distributions={path: self._distributions[path] for path in flat},
        )
        self._study.add_trial(trial)
        self._numbers[trial_id] = len(self._study.get_trials(deepcopy=False)) - 1
        self._configs[trial_id] = dict(config)

    def observe(self, observation: Observation) -> None:
        """Learn one fact; a trial or configuration not suggested here is added to the study."""
        trial_id = observation.trial_id
        if self._configs.get(trial_id) != observation.config:
            if trial_id in self._numbers:  # it goes on with another configuration
                self._restate(self._numbers.pop(trial_id), TrialState.FAIL)
            self.adopt(trial_id, observation.config)
        number = self._numbers.get(trial_id)
        if number is None or observation.status == "running":
            return
        constraints = {"feasible": 1.0} if observation.status == "infeasible" else {}
        values = observation.values
        if self._units:
            constraints |= self._excess(observation)
            values = self._worth(values, constraints)
        # CMA-ES would only warn that it makes no use of them.
        if constraints and not isinstance(self._study.sampler, samplers.CmaEsSampler):
            self._constrain(number, constraints)
        self._restate(number, _standing(observation, values), values or None)

    def state(self) -> bytes:
        """Return the study, with its sampler, and which trial is which; pickled."""
        return pickle.dumps((self._study, self._numbers, self._configs))

    def restore(self, state: bytes) -> None:
        """Take up what `state` returned, in a searcher made with the same problem and options."""
        self._study, self._numbers, self._configs = pickle.loads(state)  # noqa: S301  (ours)

    def _excess(self, observation: Observation) -> dict[str, float]:
        """Return how far each limit is exceeded, in parts of its bound: samplers add them up.

        Of a trial without values it is infinitely far.
        """
        beyond = observation.constraint_values or (math.inf,) * len(self._units)
        units = self._units.items()
        return {name: by / unit for (name, unit), by in zip(units, beyond, strict=True)}

    def _worth(
        self, values: tuple[float, ...], constraints: Mapping[str, float]
    ) -> tuple[float, ...]:
        """Return the values to tell; of a trial beyond its limits none that lure the sampler."""
        excess = sum(share for share in constraints.values() if share > 0)
        if not values or not excess:
            return values
        if isinstance(self._study.sampler, samplers.CmaEsSampler):
            return (BROKEN * (1 + excess),)
        return values if isinstance(self._study.sampler, MODELLING) and excess < math.inf else ()

    def _constrain(self, number: int, constraints: dict[str, float]) -> None:
        """Set a trial's constraints, also anew, which Optuna's own way of setting them ignores."""
        made = create_trial(state=TrialState.RUNNING, constraints=constraints)
        self._study.get_trials(deepcopy=False)[number].system_attrs.update(made.system_attrs)

    def _restate(
        self, number: int, state: TrialState, values: tuple[float, ...] | None = None
    ) -> None:
        trial = self._study.get_trials(deepcopy=False)[number]
        if trial.state is TrialState.RUNNING:
            self._study.tell(number, values, state)
        else:
            # Optuna's own storage locks finished trials, but its samplers read them afresh.
            trial.state, trial.values = state, values


def _standing(observation: Observation, values: tuple[float, ...]) -> TrialState:
    """Return Optuna's state for a trial that is over.

    Optuna takes a pruned trial without values for worse than any other, which is what a trial that
    trained to its end without a finite value is; it takes no notice of a failed one.
    """
    status = observation.status
    if status == "infeasible" or (status == "completed" and not values):
        return TrialState.PRUNED
    return TrialState.COMPLETE if values and status != "failed" else TrialState.FAIL


def _study(problem: Problem, choice: Choice, options: dict[str, Any]) -> _Study:
    """Return a new study, without the noise that Optuna makes about it and about new options."""
    with (
        warnings.catch_warnings(action="ignore", category=optuna.exceptions.ExperimentalWarning),
        contextlib.ExitStack() as stack,
    ):
        stack.callback(optuna.logging.set_verbosity, optuna.logging.get_verbosity())
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        storage = optuna.storages.InMemoryStorage()
        directions = [optuna.study.StudyDirection.MINIMIZE for _ in problem.objectives]
        made = optuna.create_study(storage=storage, directions=directions)
        return _Study(made.study_name, storage, _sampler(problem, choice, options))


def _sampler(problem: Problem, choice: Choice, options: dict[str, Any]) -> samplers.BaseSampler:
    if isinstance(choice, samplers.BaseSampler):
        if options:
            raise OptionError(f"sampler={choice!r} is made already; give {options!r} to itself")
        return copy.deepcopy(choice)
    factory = _named(choice, problem) if isinstance(choice, str) else choice
    known = inspect.signature(factory).parameters.keys() - {"seed"}
    for option in options.keys() - known:
        guess = did_you_mean(option, known) or "; its options: " + ", ".join(sorted(known))
        raise OptionError(f"sampler {choice!r} has no option {option!r}{guess}")
    check_values(f"sampler {choice!r}", factory, options)
    if factory is samplers.TPESampler:
        joint = options.get("multivariate", len(problem.objectives) == 1)
        options.setdefault("group", joint and any(p.when for p in problem.space.parameters))
    elif "warn_independent_sampling" in known:
        options.setdefault("warn_independent_sampling", False)
    return factory(seed=problem.seed("optuna"), **options)


def _named(name: str, problem: Problem) -> Factory:
    if name not in SAMPLERS:
        guess = did_you_mean(name, SAMPLERS) or f"; expected {', '.join(SAMPLERS)}"
        raise OptionError(f"sampler={name!r} is unknown{guess}")
    for library in LIBRARIES.get(name, ()):
        if importlib.util.find_spec(library) is None:
            fix = f"pip install 'tunesmith-optuna[{name}]'"
            raise MissingLibraryError(f"sampler={name!r} needs {library}, not installed: {fix}")
    if name == "cmaes" and len(problem.objectives) > 1:
        raise CapabilityError("sampler='cmaes' takes one objective; use 'tpe', 'nsga2' or 'nsga3'")
    return SAMPLERS[name]
