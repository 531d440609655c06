"""Dragonfly (Kandasamy et al., JMLR 21, 2020) as a searcher."""

import math
import warnings
from argparse import Namespace
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from tunesmith.errors import OptionError, did_you_mean
from tunesmith.protocols import Config, Observation, Problem
from tunesmith.space import SpaceError
from tunesmith_dragonfly._chance import Chance
from tunesmith_dragonfly._space import Layout, Point

# Importing it warns where no Fortran compiler was at hand when it was built.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from dragonfly import load_config
    from dragonfly.distributions import model
    from dragonfly.exd.experiment_caller import CPFunctionCaller
    from dragonfly.opt.gp_bandit import CPGPBandit, get_all_cp_gp_bandit_args
    from dragonfly.sampling.slice import Slice
    from dragonfly.utils.option_handler import load_options

STEPS = 1000
"""How far Dragonfly's slice sampler may step out.

It learns how wide its steps are to be. Where its first ones were narrow by chance, it would go on
for hours, since the library sets no limit.
"""
vars(model)["Slice"] = partial(Slice, iter_limit=STEPS)

ACQUISITIONS = ("ts", "ucb", "ei", "ttei", "bucb")
OURS = {"acq", "build_new_model_every", "init_capital", "prev_evaluations", "get_initial_qinfos"}
KNOWN = {one["name"] for one in get_all_cp_gp_bandit_args()} - OURS


class DragonflySearcher:
    """Suggests what Dragonfly's bandit asks for.

    After `init_capital` and one more points of a Latin hypercube come those that an acquisition
    finds best: one of `acq`, joined by hyphens. The hyperparameters of the model are found anew
    after every `build_new_model_every` trials. Further options go by name into `options`.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        acq: str = "default",
        build_new_model_every: int = 17,
        init_capital: int = 5,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        """Raise an `OptionError` for what Dragonfly does not have."""
        unknown = [one for one in acq.split("-") if one not in ACQUISITIONS and acq != "default"]
        if unknown:
            wanted = f"some of {', '.join(ACQUISITIONS)} joined by hyphens"
            raise OptionError(f"acq={acq!r} has {unknown[0]!r}; expected 'default' or {wanted}")
        if build_new_model_every < 1 or init_capital < 1:
            wrong = f"build_new_model_every={build_new_model_every!r}, {init_capital=!r}"
            raise OptionError(f"{wrong} is not possible; expected 1 or more")
        for name in set(options or {}) - KNOWN:
            fix = did_you_mean(name, KNOWN) or "; see dragonfly.opt.gp_bandit for those it has"
            raise OptionError(f"options has {name!r}, which Dragonfly does not know{fix}")
        self._space, self._layout = problem.space, Layout(problem.space)
        self._rng, self._chance = problem.rng("dragonfly-draws"), Chance(problem.seed("dragonfly"))
        self._every, self._first = build_new_model_every, init_capital + 1
        self._options = {
            **(options or {}),
            "acq": acq,
            "build_new_model_every": build_new_model_every,
            "init_capital": init_capital,
        }
        # By trial: its point, and its loss; infinite if it has failed, None while it is under way.
        self._trials: dict[str, tuple[Point, float | None]] = {}
        self._told: set[str] = set()
        self._since_built = math.inf
        self._bandit = self._made(()) if self._layout.domain else None

    def suggest(self, trial_id: str) -> Config:
        """Return the bandit's next configuration; the trial counts as pending from now on."""
        if self._bandit is None:
            return {}
        # As it would be learnt from elsewhere, so that it is known again.
        point = self._layout.encode(self._layout.decode(self._next()))
        if any(point == known for known, _ in self._trials.values()):
            point = self._drawn()  # it repeats itself where it sees no difference between losses
        self._trials[trial_id] = point, None
        return self._layout.decode(point)

    def adopt(self, trial_id: str, config: Config) -> None:
        """Count a trial as pending; passes over what is from outside this space."""
        try:
            self._trials[trial_id] = self._layout.encode(config), None
        except SpaceError:
            self._trials.pop(trial_id, None)

    def observe(self, observation: Observation) -> None:
        """Learn a trial's loss, with the configuration that it had at the end."""
        trial = observation.trial_id
        point, _ = self._trials.pop(trial, (None, None))
        if observation.status == "stopped" and not observation.values:
            return
        if observation.status == "infeasible":
            trial = f"{trial} infeasible {len(self._trials)}"  # it will be asked for again
        if point is None or self._layout.decode(point) != observation.config:
            self.adopt(trial, observation.config)
            point, _ = self._trials.pop(trial, (None, None))
        if point is not None:
            loss = observation.values[0] if observation.values else math.inf
            self._trials[trial] = point, loss

    def _next(self) -> Point:
        """Return an initial point, or that of a model which knows all that is known by now."""
        ended = {trial: loss for trial, (_, loss) in self._trials.items() if loss is not None}
        finite = [loss for loss in ended.values() if loss < math.inf]
        bandit: Any = self._bandit
        if bandit.first_qinfos and len(finite) < self._first:
            return self._asked()
        if len(finite) < 2:
            return self._drawn()
        # It maximises; what failed is as bad as the worst that did not.
        worst = max(finite)
        values = {t: (self._trials[t][0], -min(loss, worst)) for t, loss in ended.items()}
        news = {trial: value for trial, value in values.items() if trial not in self._told}
        if self._since_built + len(news) >= self._every:
            self._bandit = self._made(values.values())
            self._since_built = 0
        elif news:
            with self._quiet():
                bandit.tell(list(news.values()))
            self._since_built += len(news)
        self._told = set(values)
        pending = [point for point, loss in self._trials.values() if loss is None]
        try:
            return self._asked(pending)
        except RuntimeError:  # it stepped too far; to look for the likeliest model always ends
            self._bandit = self._made(values.values(), gpb_hp_tune_criterion="ml")
            return self._asked(pending)

    def _asked(self, pending: Iterable[Point] = ()) -> Point:
        bandit: Any = self._bandit
        processed = bandit.func_caller.get_processed_domain_point_from_raw
        with self._quiet():
            bandit.eval_points_in_progress = [processed(point) for point in pending]
            point: Point = bandit.ask()
            bandit.eval_points_in_progress = []
        return point

    def _made(self, known: Iterable[tuple[Point, float]], **options: Any) -> Any:
        """Return a bandit that knows these points, and fits a model to them when it is asked."""
        with self._quiet():
            config = load_config({"domain": [dict(entry) for entry in self._layout.domain]})
            caller = CPFunctionCaller(None, config.domain, domain_orderings=config.domain_orderings)
            processed = caller.get_processed_domain_point_from_raw
            before = [Namespace(point=processed(point), val=value) for point, value in known]
            options = self._options | options
            if before:
                options["prev_evaluations"] = Namespace(qinfos=before)
            loaded = load_options(get_all_cp_gp_bandit_args(), partial_options=options)
            bandit = CPGPBandit(caller, ask_tell_mode=True, options=loaded)
            bandit.initialise()
            bandit.step_idx = len(before)
        return bandit

    def _drawn(self) -> Point:
        return self._layout.encode(self._space.draw(self._rng))

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        """Have Dragonfly draw from private generators, and keep its advice to itself."""
        with self._chance.drawn(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
