"""FLAML's CFO and BlendSearch as searchers.

FLAML skips what it has tried before, and says so with None: it is asked again. A trial that it did
not suggest counts as one of its global search, from which a local search may start. There is no
public way to tell it of one.
"""
# ruff: noqa: SLF001

import contextlib
import functools
import logging
import pickle
import warnings
from collections.abc import Mapping
from typing import Any

import msgspec

from tunesmith.errors import OptionError, did_you_mean
from tunesmith.protocols import Config, Observation, Problem, SearchExhausted
from tunesmith.space import SpaceError, to_unit
from tunesmith_flaml._space import Branch, decode, dimensions, encode

with warnings.catch_warnings(action="ignore"):  # FLAML misses what only its AutoML needs
    from flaml import tune
    from flaml.tune.searcher.blendsearch import CFO, BlendSearch
    from flaml.tune.searcher.suggestion import OptunaSearch
    from flaml.tune.space import complete_config, define_by_run_func
    from flaml.tune.utils import choice

# How often FLAML is asked before a configuration that is new to it is drawn at random.
ATTEMPTS = 20
# How many random configurations, none of them new, show that there are no more.
DRAWS = 1000


class QuietSearch(OptunaSearch):
    """FLAML's global search, without a warning of how slow it was."""

    def suggest(self, trial_id: str) -> Any:
        """Return what FLAML does."""
        with warnings.catch_warnings(action="ignore", category=UserWarning):
            return super().suggest(trial_id)


class Asked(msgspec.Struct):
    """A trial under way: FLAML's name for it, and its configuration in both forms."""

    key: str
    flat: Config
    config: Config


class CfoSearcher:
    """Suggests the steps of one local search at a time, with smaller steps where none helps.

    It starts at `low_cost_partial_config`, in which paths stand for parameters, and draws the rest
    at random.
    """

    def __init__(
        self, problem: Problem, *, low_cost_partial_config: Mapping[str, Any] | None = None
    ) -> None:
        """Raise an `OptionError` for what is not possible."""
        self._space, self._roots = problem.space, dimensions(problem.space)
        self._rng = problem.rng("flaml-draw")
        self._pending: dict[str, Asked] = {}
        self._told: dict[str, Config] = {}
        self._tried: list[Config] = []
        self._cost_attr: str | None = None
        low_cost = _cheap(self._roots, low_cost_partial_config or {})
        with contextlib.ExitStack() as stack:  # FLAML and Optuna tell of each new search
            for logger in map(logging.getLogger, ("flaml", "optuna")):
                stack.callback(logger.setLevel, logger.level)
                logger.setLevel(logging.WARNING)
            self._search = self._start(problem, _domains(self._roots), low_cost)

    def suggest(self, trial_id: str) -> Config:
        """Return what FLAML suggests; it is pending from now on."""
        for _ in range(ATTEMPTS):
            if asked := self._ask():
                break
        else:
            asked = self._foreign(self._draw())
        self._pending[trial_id] = asked
        return asked.flat.copy()

    def adopt(self, trial_id: str, config: Config) -> None:
        """Count a trial as pending; passes over what is from outside this space."""
        with contextlib.suppress(SpaceError):  # say an earlier run's: FLAML could not place it
            self._pending[trial_id] = self._foreign(config)

    def observe(self, observation: Observation) -> None:
        """Learn one fact; to FLAML a trial without a value is in error, to TPE it may be worst."""
        trial, flat, status = observation.trial_id, observation.config, observation.status
        if status in ("running", "paused"):
            return
        asked = self._pending.pop(trial, None)
        if asked is not None and asked.flat != flat:  # it went on with another configuration
            self._settle(asked, None)
            asked = None
        is_known = status != "infeasible" and bool(observation.values)
        if is_known and asked is None and self._told.get(trial) != flat:
            self.adopt(trial, flat)
            asked = self._pending.pop(trial, None)
        if asked is not None:
            if not is_known and status in ("infeasible", "completed"):
                self._tell_global(asked.key, None, is_error=False)
            self._settle(asked, self._result(asked, observation) if is_known else None)
        if is_known:
            self._told[trial] = flat

    def state(self) -> bytes:
        """Return FLAML's object, and what is pending and known; pickled."""
        return pickle.dumps((self._search, self._pending, self._told, self._tried, self._rng))

    def restore(self, state: bytes) -> None:
        """Take up what `state` returned, in a searcher made with the same problem and options."""
        self._search, self._pending, self._told, self._tried, self._rng = pickle.loads(state)  # noqa: S301  (ours)

    def _start(self, problem: Problem, space: dict[str, Any], low_cost: Config) -> Any:
        return CFO("loss", "min", space, low_cost, seed=problem.seed("flaml"), cost_attr=None)

    def _ask(self) -> Asked | None:
        """Return a suggestion of FLAML's, None where it has none at the moment."""
        key, search = str(self._rng.getrandbits(64)), self._search
        config = search.suggest(key)
        if config is None:
            self._tell_global(key, None)
            return None
        flat = self._space.validate(decode(self._roots, config))
        if search._gs is not None and key in search._gs._ot_trials:
            names: Config = {}
            encode(self._roots, flat, names)
            if search._gs._ot_trials[key].params != names:  # it was asked, and then overruled
                self._tell_global(key, None)
        self._tried.append(flat)
        return Asked(key, flat, config)

    def _foreign(self, flat: Config) -> Asked:
        """Have FLAML take a configuration for one of its global search."""
        key, names, search = str(self._rng.getrandbits(64)), Config(), self._search
        flat = dict(self._space.validate(flat))
        nested = encode(self._roots, flat, names)
        config, subspace = complete_config(nested, search._ls.space, search._ls)
        search._subspace[key], search._init_used = subspace, True
        search._result.setdefault(search._ls.config_signature(config, subspace), {})
        if search._gs is not None:
            search._gs._ot_study.enqueue_trial(names)
            search._search_thread_pool[0].suggest(key)
            search._trial_proposed_by[key] = 0
        self._tried.append(flat)
        return Asked(key, flat, config)

    def _draw(self) -> Config:
        tried = {tuple(flat.items()) for flat in self._tried}
        for _ in range(DRAWS):
            flat = self._space.draw(self._rng)
            if tuple(flat.items()) not in tried:
                return flat
        raise SearchExhausted("every configuration of the space has been suggested")

    def _result(self, asked: Asked, observation: Observation) -> dict[str, Any]:
        cost = 1 if self._cost_attr is None else self._cost(observation)
        return {"loss": observation.values[0], "cost": cost, "config": asked.config}

    def _cost(self, observation: Observation) -> float:
        cost: Any = {"cost_s": observation.cost_s, **observation.metrics}.get(self._cost_attr or "")
        if not isinstance(cost, int | float) or not 0 <= cost < float("inf"):
            raise OptionError(
                f"cost_attr={self._cost_attr!r}: trial {observation.trial_id} reported {cost!r};"
                " report a number from 0 on, or use 'cost_s', which is the training time"
            )
        return cost

    def _settle(self, asked: Asked, result: dict[Any, Any] | None) -> None:
        """End a trial; one without a result was in error."""
        search, key = self._search, asked.key
        pool, threads = search._search_thread_pool, search._trial_proposed_by
        is_foreign = threads.get(key) not in pool and isinstance(search, CFO)
        if is_foreign and result is not None and result["loss"] < search.metric_target:
            # CFO would not hear of it while its own local search goes on elsewhere.
            threads.pop(key, None)
            for thread in [thread for thread in pool if thread]:
                del pool[thread]
        search.on_trial_complete(key, result, error=result is None)
        self._tell_global(key, result)

    def _tell_global(
        self, key: str, result: dict[Any, Any] | None, *, is_error: bool = True
    ) -> None:
        """End a trial for the global search too, which FLAML leaves out in some cases.

        Without a result it is forgotten, but if it is no error, it is worse than any other.
        """
        search = self._search._gs
        if search is not None and key in search._ot_trials:
            if key not in search._completed_trials:
                search.on_trial_complete(key, result, error=result is None and is_error)
            del search._ot_trials[key]


class BlendSearchSearcher(CfoSearcher):
    """Suggests by whichever of several local searches and a global one promises most for its cost.

    `low_cost_partial_config` is as for CFO. What a trial costs is the metric `cost_attr`, or with
    "cost_s" its training time; with None all cost the same.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        low_cost_partial_config: Mapping[str, Any] | None = None,
        cost_attr: str | None = None,
    ) -> None:
        """Raise an `OptionError` for what is not possible."""
        super().__init__(problem, low_cost_partial_config=low_cost_partial_config)
        self._cost_attr = cost_attr

    def _start(self, problem: Problem, space: dict[str, Any], low_cost: Config) -> Any:
        sampled = functools.partial(define_by_run_func, space=space)
        # By default FLAML takes Ray Tune's class for Optuna if there is one, and else its own.
        sampling: Any = QuietSearch(sampled, "loss", "min", seed=problem.seed("flaml-global"))
        sampling.space = space
        options: Any = {"global_search_alg": sampling, "seed": problem.seed("flaml")}
        return BlendSearch("loss", "min", space, low_cost, cost_attr="cost", **options)


def _domains(branch: Branch) -> dict[str, Any]:
    """Return FLAML's domains for dimensions."""
    domains: dict[str, Any] = {}
    for d in branch:
        if d.kind == "choice":
            tables = [{"is": i, **_domains(inside)} for i, inside in enumerate(d.branches)]
            domains[d.key] = choice(tables or range(d.size), order=False)
        else:
            domains[d.key] = getattr(tune, d.kind)(d.low, d.high)
    return domains


def _cheap(roots: Branch, low_cost: Mapping[str, Any]) -> Config:
    """Return FLAML's form of the configuration at which training is cheap."""
    known = {d.parameter.path: d for d in roots if not d.branches}
    cheap: Config = {}
    for path, value in low_cost.items():
        if path not in known:
            guess = did_you_mean(path, known) or f"; expected {', '.join(known)}"
            raise OptionError(
                f"low_cost_partial_config: no unconditional parameter {path!r}{guess}"
            )
        try:
            to_unit(known[path].parameter, value)
        except SpaceError as error:
            raise OptionError(f"low_cost_partial_config: {error}") from error
        cheap[known[path].key] = known[path].encode(value)
    return cheap
