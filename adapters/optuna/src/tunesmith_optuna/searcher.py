"""An Optuna study as a searcher; trials that were cut short are compared at a common resource.

The study's objective is the loss at the level (see `_history`): a trial that has trained so far is
complete, one cut short before is left out. When the level changes, the study is told anew. Samplers
that do not read the whole history at each suggestion cannot be: they learn from completed trials.
"""

import contextlib
import copy
import importlib.util
import inspect
import math
import pickle
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import optuna
from optuna import samplers
from optuna.trial import TrialState, create_trial

from tunesmith.errors import CapabilityError, MissingLibraryError, OptionError, did_you_mean
from tunesmith.protocols import Config, Observation, Problem
from tunesmith.space import SpaceError
from tunesmith_optuna._history import Record, survey
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


class OptunaSearcher:
    """Suggests what an Optuna sampler samples.

    `sampler` is a key of `SAMPLERS`, a sampler, or a factory called with `seed=`. The
    four options after it are its own; further ones go into `sampler_options`. The level is the
    furthest resource that `level_trials` trials have reached. Once trials are cut short, so that a
    bad suggestion costs little, a share `explore` of the suggestions is random.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        sampler: Choice = "tpe",
        n_startup_trials: int | None = None,
        multivariate: bool | None = None,
        group: bool | None = None,
        constant_liar: bool | None = None,
        sampler_options: Mapping[str, Any] | None = None,
        level_trials: int = 10,
        explore: float = 1 / 3,
    ) -> None:
        """Raise a `UsageError` or `MissingLibraryError` if that cannot be done."""
        if level_trials < 1 or not 0 <= explore <= 1:
            wrong = f"level_trials={level_trials!r}, explore={explore!r}"
            raise OptionError(f"{wrong} is not possible; expected at least 1, and from 0 to 1")
        named = {"n_startup_trials": n_startup_trials, "multivariate": multivariate, "group": group}
        named |= {"constant_liar": constant_liar, **(sampler_options or {})}
        options = {key: value for key, value in named.items() if value is not None}
        self._study = _study(problem, sampler, options)
        self.slow = isinstance(self._study.sampler, samplers.GPSampler)
        self._retold = self.slow or isinstance(self._study.sampler, samplers.TPESampler)
        self._enough, self._explore = level_trials, explore
        self._end = problem.max_resource or math.inf
        self._space, self._dimensions = problem.space, dimensions(problem.space)
        self._distributions = {
            d.path: getattr(optuna.distributions, f"{d.kind}Distribution")(**d.options)
            for d in self._dimensions
        }
        self._rng = problem.rng("optuna-explore")
        self._records, self._level = dict[str, Record](), math.inf

    def suggest(self, trial_id: str) -> Config:
        """Return the sampler's next configuration; the trial counts as pending from now on."""
        level, cut = survey(self._records.values(), self._enough)
        if self._retold and level != self._level:
            self._level = level
            self._restate(*self._records.values())
        if self._retold and cut and self._rng.random() < self._explore:
            self._records[trial_id] = self._add(self._space.draw(self._rng))
        else:
            trial, flat = self._study.ask(), dict[str, Any]()
            for d in self._dimensions:
                if d.active(flat):
                    sample = getattr(trial, f"suggest_{d.kind.lower()}")
                    flat[d.path] = d.decode(sample(d.path, **d.options))
            self._records[trial_id] = Record(trial.number, dict(self._space.validate(flat)))
        return dict(self._records[trial_id].config)

    def observe(self, observation: Observation) -> None:
        """Learn one fact; a trial or configuration not suggested here is added to the study."""
        record = self._records.get(observation.trial_id)
        if record is None or record.config != observation.config:
            try:
                added = self._add(observation.config)
            except SpaceError:
                return  # from outside this space, say an earlier run's: no sampler could place it
            if record is not None:  # the trial went on with another configuration
                record.status = "failed"
                self._restate(record)
            record = self._records[observation.trial_id] = added
        record.learn(observation, self._end)
        self._restate(record)

    def state(self) -> bytes:
        """Return the study, with its sampler, and the records; pickled."""
        return pickle.dumps((self._study, self._records, self._level, self._rng))

    def restore(self, state: bytes) -> None:
        """Take up what `state` returned, in a searcher made with the same problem and options."""
        self._study, self._records, self._level, self._rng = pickle.loads(state)  # noqa: S301  (ours)

    def _add(self, flat: Mapping[str, Any]) -> Record:
        """Add a pending trial to the study."""
        config = self._space.validate(flat)
        trial = create_trial(
            state=TrialState.RUNNING,
            params={d.path: d.encode(config[d.path]) for d in self._dimensions if d.path in config},
            distributions={path: self._distributions[path] for path in config},
        )
        self._study.add_trial(trial)
        return Record(len(self._study.get_trials(deepcopy=False)) - 1, dict(config))

    def _restate(self, *records: Record) -> None:
        """Give trials the states that they have at the current level."""
        trials = self._study.get_trials(deepcopy=False)
        for record in records:
            trial, (standing, values) = trials[record.number], record.standing(self._level)
            state = TrialState[standing]
            if record.status == "infeasible" and not trial.constraints:
                trial.set_constraint("feasible", 1.0)
            if trial.state is not TrialState.RUNNING:
                # Optuna's own storage locks finished trials, but its samplers read them afresh.
                trial.state, trial.values = state, values
            elif state is not TrialState.RUNNING:
                self._study.tell(record.number, values, state)


def _study(problem: Problem, choice: Choice, options: dict[str, Any]) -> optuna.Study:
    """Return a new study, without the noise that Optuna makes about it and about new options."""
    with (
        warnings.catch_warnings(action="ignore", category=optuna.exceptions.ExperimentalWarning),
        contextlib.ExitStack() as stack,
    ):
        stack.callback(optuna.logging.set_verbosity, optuna.logging.get_verbosity())
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        return optuna.create_study(
            sampler=_sampler(problem, choice, options),
            directions=["minimize" for _ in problem.objectives],
        )


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
