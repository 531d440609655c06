"""An Ax client as a searcher; every trial is one of the client's, suggested by it or attached."""

import contextlib
import importlib.util
import logging
import math
import threading
import warnings
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

import cloudpickle
import msgspec
import torch

from tunesmith.errors import CapabilityError, MissingLibraryError, OptionError
from tunesmith.protocols import Config, Observation, Problem, SearchExhausted
from tunesmith.space import SpaceError
from tunesmith_ax._space import Axes

# Its only line says, at import, which SQLAlchemy there is.
noisy = logging.getLogger("ax.storage.sqa_store.with_db_settings_base")
noisy.disabled = True
with warnings.catch_warnings(action="ignore"):  # of what Ax and BoTorch themselves import
    from ax.api.client import Client
    from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig
    from ax.exceptions.core import AxError, DataRequiredError, OptimizationComplete
    from ax.exceptions.generation_strategy import MaxParallelismReachedException
noisy.disabled = False

LOCK = threading.RLock()
MODULES = r"(ax|botorch|gpytorch|linear_operator|torch)(\.|$)"
KINDS = {"str": ChoiceParameterConfig, "int": RangeParameterConfig, "float": RangeParameterConfig}
# Numbers beyond this are cut to it: their squares would not be finite.
HUGE = 1e100
DRAWS = 1000
KEPT = ("_client", "_trials", "_open", "_tried", "_worst", "_rng")


@contextlib.contextmanager
def library() -> Iterator[None]:
    """Hold torch to one thread, and what Ax logs and warns of back, while Ax is at work.

    All of that is the process's: searchers of several experiments take turns.
    """
    log = logging.getLogger("ax")
    with LOCK, warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=MODULES)
        handlers, propagates, threads = log.handlers, log.propagate, torch.get_num_threads()
        log.handlers, log.propagate = [logging.NullHandler()], False
        torch.set_num_threads(1)
        try:
            yield
        finally:
            log.handlers, log.propagate = handlers, propagates
            torch.set_num_threads(threads)


class AxSearcher:
    """Suggests what Ax's client does: the centre, Sobol points, then its model's choice.

    The options are those of `Client.configure_generation_strategy`. Once `initialization_budget`
    trials are suggested and `min_observed_initialization_trials` of them have values, the model is
    used; with `allow_exceeding_initialization_budget=False` there is no suggestion in between.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        method: Literal["fast", "quality", "random_search"] = "fast",
        initialization_budget: Annotated[int, msgspec.Meta(ge=0)] | None = None,
        min_observed_initialization_trials: Annotated[int, msgspec.Meta(ge=0)] | None = None,
        initialize_with_center: bool = True,
        allow_exceeding_initialization_budget: bool = True,
        simplify_parameter_changes: bool = False,
        torch_device: str | None = None,
    ) -> None:
        """Raise a `UsageError` or `MissingLibraryError` if that cannot be done."""
        how: dict[str, Any] = {
            "initialization_budget": initialization_budget,
            "min_observed_initialization_trials": min_observed_initialization_trials,
            "initialize_with_center": initialize_with_center,
            "allow_exceeding_initialization_budget": allow_exceeding_initialization_budget,
            "simplify_parameter_changes": simplify_parameter_changes,
            "torch_device": torch_device,
            "initialization_random_seed": problem.seed("ax-sobol"),
        }
        _check_device(torch_device)
        if method == "quality" and importlib.util.find_spec("numpyro") is None:
            fix = "pip install 'tunesmith-ax[quality]'"
            raise MissingLibraryError(f"method='quality' needs numpyro, not installed: {fix}")
        self._space, self._axes = problem.space, Axes(problem.space)
        losses = [f"loss{i}" for i in range(len(problem.objectives))]
        limits = [f"limit{i}" for i in range(len(problem.outcome_constraints))]
        self._metrics = losses + limits
        self._rng = problem.rng("ax")
        with library():
            self._client = _client(self._axes, losses, limits, problem.seed("ax-model"))
            self._client.configure_generation_strategy(method, **how)
        # The client's number of each trial, and its configuration; those that are not ended.
        self._trials: dict[str, tuple[int, Config]] = {}
        self._open: set[int] = set()
        self._tried: set[tuple[object, ...]] = set()
        self._worst: tuple[float, ...] = ()

    @library()
    def suggest(self, trial_id: str) -> Config | None:
        """Return Ax's next configuration, or a random one where all that Ax found was tried."""
        spare = self._untried()  # Ax takes very long to notice that there is none
        try:
            ((index, shown),) = self._client.get_next_trials(1).items()
        except (MaxParallelismReachedException, DataRequiredError):
            return None
        except OptimizationComplete:  # five times in a row it was one that had been tried
            self.adopt(trial_id, spare)
            return spare
        config = self._axes.decode(shown)
        self._note(trial_id, index, config)
        return dict(config)

    @library()
    def adopt(self, trial_id: str, config: Config) -> None:
        """Take a trial for pending; a configuration from outside the space is passed over."""
        self._drop(trial_id)  # it may have had another configuration until now
        self._trials.pop(trial_id, None)
        with contextlib.suppress(SpaceError):
            index = self._client.attach_trial(self._axes.encode(config))
            self._note(trial_id, index, dict(config))

    @library()
    def observe(self, observation: Observation) -> None:
        """Learn how any trial ended; the last values that are said of a trial hold."""
        trial, status, values = observation.trial_id, observation.status, _outcomes(observation)
        if status in ("running", "paused"):
            return
        if values:
            self._worst = tuple(map(max, zip(self._worst or values, values, strict=True)))
        elif status in ("completed", "infeasible"):
            values = self._worst
        if self._trials.get(trial, (-1, None))[1] != observation.config:
            self.adopt(trial, observation.config)
        if values and trial in self._trials:
            self._score(self._trials[trial][0], values)
        else:
            self._drop(trial, is_done=status != "stopped")
        if status == "infeasible":
            self._trials.pop(trial, None)  # it will get another configuration

    @library()
    def state(self) -> bytes:
        """Return the client, the trials and the generator; pickled."""
        # With limits, Ax's client holds a function that pickle itself refuses.
        saved: bytes = cloudpickle.dumps({name: getattr(self, name) for name in KEPT})
        return saved

    @library()
    def restore(self, state: bytes) -> None:
        """Take up what `state` returned, in a searcher made with the same problem and options."""
        vars(self).update(cloudpickle.loads(state))

    def _untried(self) -> Config:
        for _ in range(DRAWS):
            config = self._space.draw(self._rng)
            if _key(config) not in self._tried:
                return config
        raise SearchExhausted(f"{DRAWS} random draws from the space had all been tried")

    def _note(self, trial: str, index: int, config: Config) -> None:
        self._trials[trial] = index, config
        self._open.add(index)
        self._tried.add(_key(config))

    def _score(self, index: int, values: Sequence[float]) -> None:
        """Tell Ax the values of a trial, which replace those of before."""
        client = self._client
        tell = client.complete_trial if index in self._open else client.attach_data
        tell(index, dict(zip(self._metrics, values, strict=True)))
        self._open.discard(index)

    def _drop(self, trial: str, *, is_done: bool = False) -> None:
        """End a trial without values, if it is pending; unless `is_done`, it may come again."""
        index, config = self._trials.get(trial, (-1, {}))
        if index not in self._open:
            return
        del self._trials[trial]
        self._open.discard(index)
        if not is_done:
            self._tried.discard(_key(config))
        end = self._client.mark_trial_abandoned if is_done else self._client.mark_trial_failed
        end(index)


def _key(config: Config) -> tuple[object, ...]:
    return tuple(sorted(config.items()))


def _outcomes(observation: Observation) -> tuple[float, ...]:
    """Return the losses and how far each limit is exceeded; nothing if one of these is infinite."""
    values = observation.values + observation.constraint_values
    return () if math.inf in values else tuple(min(max(value, -HUGE), HUGE) for value in values)


def _check_device(name: str | None) -> None:
    try:
        torch.device("cpu" if name is None else name)
    except RuntimeError as error:
        wrong = f"searcher 'ax': torch_device={name!r}: {error}"
        raise OptionError(f"{wrong}; write 'cpu' or 'cuda'") from None


def _client(axes: Axes, losses: Sequence[str], limits: Sequence[str], seed: int) -> Client:
    client = Client(random_seed=seed)
    try:
        client.configure_experiment([KINDS[c["parameter_type"]](**c) for c in axes.columns])
    except AxError as error:
        raise CapabilityError(f"Ax cannot search this space: {error}") from error
    objective = ", ".join(f"-{loss}" for loss in losses)
    client.configure_optimization(objective, [f"{limit} <= 0" for limit in limits])
    return client
