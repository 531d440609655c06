"""SigOpt's optimizer as a searcher, without its service: the package sigoptlite."""

import copy
import math
import pickle
import warnings
from typing import Any, Literal, get_args

from sigoptlite.broker import Broker
from sigoptlite.builders import LocalExperimentBuilder, LocalObservationBuilder

from tunesmith.errors import CapabilityError, OptionError
from tunesmith.protocols import Config, Observation, Problem, SearchExhausted
from tunesmith.space import SpaceError
from tunesmith_sigopt._chance import Chance
from tunesmith_sigopt._space import Assignments, Layout

Mode = Literal["default", "kde_only"]
Values = tuple[float, ...]

FAILED: Values = ()
BUDGET = 100
"""How many trials there will be, where nobody says and there are two objectives."""


DRAWS = 1000
"""So many random configurations, none of them new, show that there are no more."""


class SigoptSearcher:
    """Suggests what SigOpt suggests from all that is known at the time.

    First come random trials, until two for each parameter and one more have values, and at least
    five. Then a Gaussian process, or with `compute_mode="kde_only"` density estimates. An
    `observation_budget`, by default the experiment's, is how many trials two objectives are
    balanced over. Outcome constraints are modelled as objectives are, and improvement counts as far
    as they are likely to hold. Trials under way count with the mean of the values there are.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        compute_mode: Mode = "default",
        observation_budget: int | None = None,
    ) -> None:
        """Raise an `OptionError` or `CapabilityError` for what SigOpt cannot do."""
        if compute_mode not in get_args(Mode):
            wanted = " or ".join(map(repr, get_args(Mode)))
            raise OptionError(f"compute_mode={compute_mode!r} is unknown; expected {wanted}")
        if observation_budget is not None and observation_budget < 1:
            raise OptionError(f"observation_budget={observation_budget!r}; expected 1 or more")
        if len(problem.objectives) > 2:
            count = len(problem.objectives)
            raise CapabilityError(f"SigOpt takes one objective or two, not {count}; use 'optuna'")
        self._space, self._layout = problem.space, Layout(problem.space)
        self._rng = problem.rng("sigopt-draws")
        self._metrics = _metrics(problem)
        self._chance = Chance(problem.seed("sigopt"))
        self._broker, self._has_density = None, False
        if self._layout.records:
            self._experiment = LocalExperimentBuilder(
                {
                    "parameters": copy.deepcopy(self._layout.records),  # it is changed
                    "metrics": self._metrics,
                    "observation_budget": observation_budget or problem.num_samples or BUDGET,
                }
            )
            self._broker = Broker(self._experiment, force_spe=compute_mode == "kde_only")
            self._has_density = self._broker.use_spe
        # By trial: its assignments, its values with those of constraints (none if it has failed,
        # None while it is under way), and SigOpt's observation of it.
        self._trials: dict[str, tuple[Assignments, Values | None, Any]] = {}

    def suggest(self, trial_id: str) -> Config:
        """Return SigOpt's next configuration; the trial counts as pending from now on."""
        if self._broker is None:
            return {}
        self._recall()
        self._broker.stored_suggestion = None
        try:
            with self._chance.drawn(), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of its numerics
                suggestion = self._broker.create_suggestion()
            config = self._layout.decode(suggestion.assignments)
        except IndexError:  # where all is discrete, its model may find no point that is new
            config = self._untried()
        self.adopt(trial_id, config)
        return config

    def adopt(self, trial_id: str, config: Config) -> None:
        """Count a trial as pending; passes over what is from outside this space."""
        try:
            self._trials[trial_id] = self._layout.encode(config), None, None
        except SpaceError:
            self._trials.pop(trial_id, None)

    def observe(self, observation: Observation) -> None:
        """Learn a trial's values, with the configuration that it had at the end."""
        trial, status = observation.trial_id, observation.status
        self._trials.pop(trial, None)
        if status == "stopped" and not observation.values:
            return
        if status == "infeasible":
            trial = f"{trial} infeasible {len(self._trials)}"  # it will be asked for again
        self.adopt(trial, observation.config)
        if trial in self._trials:
            assignments, values = self._trials[trial][0], self._values(observation)
            told = self._observation(assignments, values) if assignments else None
            self._trials[trial] = assignments, values, told

    def state(self) -> bytes:
        """Return the trials, the model's hyperparameters and the generators; pickled."""
        hyperparameters = self._broker and self._broker.hyperparameters
        return pickle.dumps((self._trials, hyperparameters, self._chance, self._rng))

    def restore(self, state: bytes) -> None:
        """Take up what `state` returned, in a searcher made with the same problem and options."""
        saved = pickle.loads(state)  # noqa: S301  (ours)
        self._trials, hyperparameters, self._chance, self._rng = saved
        if self._broker is not None:
            self._broker.hyperparameters = hyperparameters

    def _untried(self) -> Config:
        """Return a random configuration that no trial has had."""
        tried = [assignments for assignments, _, _ in self._trials.values()]
        for _ in range(DRAWS):
            config = dict(self._space.draw(self._rng))
            if self._layout.encode(config) not in tried:
                return config
        raise SearchExhausted("every configuration of the space was tried")

    def _recall(self) -> None:
        """Give SigOpt what is known now; pending trials only once there is a model."""
        broker: Any = self._broker
        everything = self._trials.values()
        broker.observations = [told for _, _, told in everything if told is not None]
        known = [values for _, values, _ in everything if values]
        if known and not broker.is_initialization_phase:
            mean = tuple(sum(column) / len(known) for column in zip(*known, strict=True))
            pending = [where for where, values, _ in everything if values is None]
            broker.observations += [self._observation(where, mean) for where in pending]

    def _values(self, observation: Observation) -> Values:
        """Return the objectives' values, then the constraints'; none if it counts as failed.

        Density estimates take no notice of constraints as long as few trials keep to them.
        """
        limits = observation.constraint_values
        is_unseen = self._has_density and any(value > 0 for value in limits)
        has_failed = is_unseen or not all(map(math.isfinite, limits))
        return FAILED if has_failed else observation.values + limits

    def _observation(self, assignments: Assignments, values: Values) -> Any:
        pairs = zip(self._metrics, values, strict=True) if values else ()
        told = {
            "assignments": dict(assignments),
            "values": [{"name": one["name"], "value": value} for one, value in pairs] or None,
            "failed": not values,
            "task": None,
        }
        return LocalObservationBuilder(input_dict=told, experiment=self._experiment)


def _metrics(problem: Problem) -> list[dict[str, Any]]:
    """Return SigOpt's metrics: the objectives, and then how far constraints are exceeded."""
    objective = {"objective": "minimize", "strategy": "optimize"}
    limit = {"objective": "minimize", "strategy": "constraint", "threshold": 0.0}
    kinds = [objective] * len(problem.objectives) + [limit] * len(problem.outcome_constraints)
    return [{"name": f"m{number}", **kind} for number, kind in enumerate(kinds)]
