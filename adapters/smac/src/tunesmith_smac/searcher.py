"""SMAC's Bayesian optimisation with a random forest, from the library's own components.

The components are those of its `HyperparameterOptimizationFacade`. The facade itself writes files,
cannot be saved, and depends on how strings are hashed; so they are made anew here for each fit of
the model, from the trials and one private generator, and that is all the state there is.
"""

import contextlib
import inspect
import math
import pickle
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import ConfigSpace
import msgspec
from smac import HyperparameterOptimizationFacade as Facade
from smac import RunHistory, Scenario
from smac.acquisition.maximizer import LocalSearch
from smac.multi_objective.parego import ParEGO

from tunesmith.errors import OptionError, did_you_mean
from tunesmith.protocols import Config, Observation, Problem, SearchExhausted
from tunesmith.space import SpaceError
from tunesmith_smac._space import Layout

# How often in vain a configuration may be sought that is new, besides once for each known one.
NEW_TRIES = 16


class Record(msgspec.Struct):
    """A trial: its configuration, and its values; None while pending, empty if it failed."""

    config: Config
    values: tuple[float, ...] | None = None


class OrderedLocalSearch(LocalSearch):
    """Starts from the same points in the same order, whatever the hash seed of the process."""

    def _get_init_points_from_previous_configs(self, *args: Any) -> list[ConfigSpace.Configuration]:
        points = super()._get_init_points_from_previous_configs(*args)
        return sorted(points, key=lambda point: point.get_array().tobytes())  # they were a set


class SmacSearcher:
    """Suggests where a random forest expects the greatest improvement.

    Before that come `n_configs` points of a Sobol sequence, by default ten for each parameter, but
    at most a share `max_ratio` of the experiment's trials. The model is fitted
    once for `retrain_after` suggestions; a share `probability` of them is random. `challengers` are
    the random configurations among which to look, `local_search_iterations` how many of the best to
    start searches from, and from as many trials. `model_options` are those of the forest, `n_trees`
    and others.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        n_configs: int | None = None,
        max_ratio: float = 0.25,
        retrain_after: int = 8,
        probability: float = 0.2,
        challengers: int = 10_000,
        local_search_iterations: int = 10,
        model_options: Mapping[str, Any] | None = None,
    ) -> None:
        """Raise an `OptionError` for what is not possible."""
        least = {"n_configs": 1 if n_configs is None else n_configs, "retrain_after": retrain_after}
        self._breadth = {"challengers": challengers}
        self._breadth |= {"local_search_iterations": local_search_iterations}
        _check(least | self._breadth, {"max_ratio": max_ratio, "probability": probability})
        self._retrain_after, self._probability = retrain_after, probability
        self._forest = _known(model_options or {})
        self._space, self._objectives = problem.space, len(problem.objectives)
        self._n_trials = problem.num_samples or 100
        self._layout = Layout(problem.space)
        self._configspace = _configspace(self._layout)
        self._rng = problem.rng("smac")
        self._records: dict[str, Record] = {}
        design = Facade.get_initial_design(
            self._scenario(), n_configs=n_configs, max_ratio=max_ratio
        ).select_configurations()
        self._next = [self._layout.decode(dict(point)) for point in design]
        self._startup = len(self._next)

    def suggest(self, trial_id: str) -> Config:
        """Return a new configuration; the trial counts as pending from now on."""
        if not self._space.tunable:
            return {}
        tried = [record.config for record in self._records.values()]
        told = sum(record.values is not None for record in self._records.values())
        if 0 < self._startup <= told:
            self._next, self._startup = [], 0
        while self._next and self._next[0] in tried:
            del self._next[0]
        if not self._next:
            # SMAC takes the mean of the times of local searches, of which there may be none.
            with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
                self._next = self._propose()
            if not self._next:
                raise SearchExhausted("SMAC found no configuration that was not suggested before")
        config = self._next.pop(0)
        self._records[trial_id] = Record(config)
        return dict(config)

    def adopt(self, trial_id: str, config: Config) -> None:
        """Count a trial as pending whose configuration came from elsewhere."""
        with contextlib.suppress(SpaceError):
            self._records[trial_id] = Record(self._space.validate(config))

    def observe(self, observation: Observation) -> None:
        """Learn one fact about any trial; a configuration from outside the space is passed over."""
        trial, status = observation.trial_id, observation.status
        values = observation.values if all(map(math.isfinite, observation.values)) else ()
        if status in ("running", "paused"):
            return
        if status == "infeasible" or (status == "stopped" and not values):
            self._records.pop(trial, None)
        if status == "infeasible":
            trial = f"infeasible {observation.config!r}"
        if status != "stopped" or values:
            with contextlib.suppress(SpaceError):
                record = Record(self._space.validate(observation.config), values)
                self._records[trial] = record

    def state(self) -> bytes:
        """Return the trials, the suggestions made ahead and the generator; pickled."""
        return pickle.dumps((self._records, self._next, self._startup, self._rng))

    def restore(self, state: bytes) -> None:
        """Take up what `state` returned, in a searcher made with the same problem and options."""
        self._records, self._next, self._startup, self._rng = pickle.loads(state)  # noqa: S301  (ours)

    def _scenario(self) -> Scenario:
        """Return SMAC's description of the problem with a new seed, on which all of it depends."""
        seed = self._rng.randrange(2**31)
        self._configspace.seed(seed)
        names = [f"objective {number}" for number in range(self._objectives)]
        return Scenario(self._configspace, objectives=names, n_trials=self._n_trials, seed=seed)

    def _propose(self) -> list[Config]:
        """Return up to `retrain_after` new configurations, the most promising first."""
        tried = {tuple(record.config.items()) for record in self._records.values()}
        tries = NEW_TRIES + len(tried)
        candidates, found = self._candidates(), list[Config]()
        while len(found) < self._retrain_after and tries:
            candidate = next(candidates, None) or self._configspace.sample_configuration()
            config = self._layout.decode(dict(candidate))
            if tuple(config.items()) in tried:
                tries -= 1
            else:
                tried.add(tuple(config.items()))
                found.append(config)
        return found

    def _history(self) -> RunHistory:
        """Return what is known as SMAC has it; what has failed costs as much as the worst."""
        known = [record for record in self._records.values() if record.values is not None]
        worst = [
            max(column) for column in zip(*filter(None, (r.values for r in known)), strict=True)
        ]
        history = RunHistory(n_objectives=self._objectives)
        for number, record in enumerate(known if worst else ()):
            values = self._layout.encode(record.config)
            point = ConfigSpace.Configuration(self._configspace, values=values)
            history.add(point, list(record.values or worst), seed=number)
        return history

    def _candidates(self) -> Iterator[ConfigSpace.Configuration]:
        """Return the model's candidates, the best first, and random ones among them."""
        scenario, history = self._scenario(), self._history()
        if history.empty():
            return iter(())
        encoder = Facade.get_runhistory_encoder(scenario)
        encoder.runhistory = history
        if self._objectives > 1:
            weights = ParEGO(scenario)
            weights.update_on_iteration_start()
            encoder.multi_objective_algorithm = weights
        points, costs = encoder.transform(budget_subset=[None])
        model = Facade.get_model(scenario, **self._forest)
        # No threads; and its bound on leaves, which none reaches, costs 100 MB of memory a tree.
        model._rf_opts |= {"n_jobs": 1, "max_leaf_nodes": None}  # noqa: SLF001
        model.train(points, costs)
        expected = model.predict_marginalized(points)[0].ravel()
        best = int(expected.argmin())
        gain = Facade.get_acquisition_function(scenario)
        gain.update(model=model, eta=expected[best])
        search = Facade.get_acquisition_maximizer(scenario, **self._breadth)
        search._local_search = OrderedLocalSearch(self._configspace, seed=scenario.seed)  # noqa: SLF001
        search.acquisition_function = gain
        chance = Facade.get_random_design(scenario, probability=self._probability)
        return search.maximize(history.get_configs(), random_design=chance)


def _configspace(layout: Layout) -> ConfigSpace.ConfigurationSpace:
    space = ConfigSpace.ConfigurationSpace()
    for dimension in layout.dimensions:
        make = getattr(ConfigSpace, f"{dimension.kind}Hyperparameter")
        child = make(dimension.name, **dimension.arguments)
        space.add(child)
        if dimension.when:
            parent, values = dimension.when
            space.add(ConfigSpace.InCondition(child, space[parent], values))
    return space


def _check(counts: Mapping[str, int], shares: Mapping[str, float]) -> None:
    for name, count in counts.items():
        if count < 1:
            raise OptionError(f"searcher 'smac': {name}={count!r}; expected 1 or more")
    for name, share in shares.items():
        if not 0 <= share <= 1:
            raise OptionError(f"searcher 'smac': {name}={share!r}; expected from 0 to 1")


def _known(options: Mapping[str, Any]) -> dict[str, Any]:
    known = inspect.signature(Facade.get_model).parameters.keys() - {"scenario"}
    for option in options.keys() - known:
        guess = did_you_mean(option, known) or "; its options: " + ", ".join(sorted(known))
        raise OptionError(f"searcher 'smac': the model has no option {option!r}{guess}")
    return dict(options)
