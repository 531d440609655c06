"""HEBO (Cowen-Rivers et al., JAIR 74, 2022) as a searcher."""

import math
import pickle
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from tunesmith.errors import OptionError, did_you_mean
from tunesmith.protocols import Config, Observation, Problem
from tunesmith.space import SpaceError
from tunesmith_hebo._chance import Chance
from tunesmith_hebo._space import Layout, Row, frame

# Importing HEBO warns of what its own libraries call deprecated, and sets PyTorch's threads to one
# for the whole process.
_threads = torch.get_num_threads()
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from hebo.acquisitions.acq import MACE, Acquisition
    from hebo.design_space.design_space import DesignSpace
    from hebo.models.gp import gp
    from hebo.models.model_factory import get_model_class, model_names
    from hebo.optimizers.general import GeneralBO
    from hebo.optimizers.hebo import HEBO
    from pymoo.config import Config as PymooConfig
torch.set_num_threads(_threads)
# Else pymoo, with which HEBO maximises, prints that it is not compiled, and the Gaussian process
# whenever it has to try anew.
PymooConfig.warnings["not_compiled"] = False
vars(gp)["print"] = lambda *_, **__: None


Values = tuple[float, ...]

FAILED: Values = ()
SEVERAL = "multi_task"
"""The model of several objectives, or of limits beside one: HEBO's own for each."""
CAUTION = 0.25
"""By how many standard deviations suggestions are to keep to limits, once a trial has.

With none, HEBO's default, they end up just beyond; with some before that, they get nowhere.
"""
NOTHING = [{"name": "none", "type": "num", "lb": 0, "ub": 1}]
"""What stands for a space of constants, which HEBO does not take; it is never asked then."""


class HeboSearcher:
    """Suggests what HEBO suggests from all that is known at the time.

    The first `rand_sample` trials, by default one more than there are parameters, are of a Sobol
    sequence. Then comes the model `model_name` ("gp", "rf", ...), made with `model_config`, and
    one of the points that the acquisitions of `acq_cls` find best. Several objectives and outcome
    constraints are for the library's `GeneralBO`: after random trials it suggests points of the
    front of what a model of each promises, within the limits. Trials under way count with the mean
    of all losses, failed ones with the worst.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        model_name: str | None = None,
        rand_sample: int | None = None,
        acq_cls: Any = None,
        model_config: Mapping[str, Any] | None = None,
    ) -> None:
        """Raise an `OptionError` for what HEBO does not have."""
        self._objectives, limits = len(problem.objectives), len(problem.outcome_constraints)
        self._width = self._objectives + limits
        _check_model(model_name, self._width)
        if rand_sample is not None and rand_sample < 2:
            raise OptionError(f"rand_sample={rand_sample!r} is too few; expected 2 or more")
        if acq_cls is not None:
            wanted = "a class of hebo.acquisitions.acq, such as MACE"
            if not (isinstance(acq_cls, type) and issubclass(acq_cls, Acquisition)):
                raise OptionError(f"acq_cls={acq_cls!r} is no acquisition; expected {wanted}")
            if self._width > 1:
                alone = "one objective without outcome constraints"
                raise OptionError(f"acq_cls={acq_cls!r} is for {alone}; leave it out")
        self._layout = Layout(problem.space)
        self._chance = Chance(problem.seed("hebo"))
        space = DesignSpace().parse(self._layout.records or NOTHING)
        how: dict[str, Any] = {
            "rand_sample": rand_sample,
            "model_config": None if model_config is None else dict(model_config),
        }
        self._hebo: Any
        if self._width > 1:
            model = model_name or SEVERAL
            self._hebo = GeneralBO(space, self._objectives, limits, model_name=model, **how)
        else:
            how |= {"acq_cls": acq_cls or MACE, "scramble_seed": problem.seed("hebo-sobol")}
            self._hebo = HEBO(space, model_name=model_name or "gp", **how)
        # By trial: its row, and its losses with what constrains them; none if it has failed, None
        # while it is under way.
        self._trials: dict[str, tuple[Row, Values | None]] = {}

    def suggest(self, trial_id: str) -> Config:
        """Return HEBO's next configuration; the trial counts as pending from now on."""
        config: Config = {}
        if self._layout.records:
            self._recall()
            with self._chance.drawn(), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of its numerics, which it then helps itself
                rows = self._hebo.suggest()
            config = self._layout.decode(rows.iloc[0].to_dict())
        self.adopt(trial_id, config)
        return config

    def adopt(self, trial_id: str, config: Config) -> None:
        """Count a trial as pending; passes over what is from outside this space."""
        try:
            self._trials[trial_id] = self._layout.encode(config), None
        except SpaceError:
            self._trials.pop(trial_id, None)

    def observe(self, observation: Observation) -> None:
        """Learn a trial's loss, with the configuration that it had at the end."""
        trial, status = observation.trial_id, observation.status
        if status == "stopped" and not observation.values:
            self._trials.pop(trial, None)
            return
        if status == "infeasible":
            self._trials.pop(trial, None)
            trial = f"{trial} infeasible {len(self._trials)}"  # it will be asked for again
        self.adopt(trial, observation.config)
        if trial in self._trials:
            told = observation.values + observation.constraint_values
            values = told if all(map(math.isfinite, told)) else FAILED
            self._trials[trial] = self._trials[trial][0], values

    def state(self) -> bytes:
        """Return the trials, the Sobol sequence and the generators; pickled."""
        return pickle.dumps((self._trials, getattr(self._hebo, "sobol", None), self._chance))

    def restore(self, state: bytes) -> None:
        """Take up what `state` returned, in a searcher made with the same problem and options."""
        self._trials, self._hebo.sobol, self._chance = pickle.loads(state)  # noqa: S301  (ours)

    def _recall(self) -> None:
        """Give HEBO what is known now; failed and pending trials only once there is a model."""
        everything = self._trials.values()
        known = [values for _, values in everything if values]
        if self._width > self._objectives:
            is_kept = any(max(values[self._objectives :]) <= 0 for values in known)
            self._hebo.c_kappa = -CAUTION if is_kept else 0.0
        has_model = len(known) >= self._hebo.rand_sample
        columns = [*zip(*known, strict=True)]
        worst = tuple(map(max, columns))
        mean = tuple(sum(column) / len(column) for column in columns)
        rows: list[Row] = []
        losses: list[Values] = []
        for row, values in everything:
            if has_model or values:
                rows.append(row)
                losses.append(mean if values is None else values or worst)
        self._hebo.X = frame(rows, self._hebo.space.para_names)
        self._hebo.y = np.array(losses, dtype=float).reshape(-1, self._width)


def _check_model(name: str | None, width: int) -> None:
    known = [*model_names, SEVERAL] if width > 1 else model_names
    fitting = [one for one in known if width == 1 or get_model_class(one).support_multi_output]
    if name is not None and name not in fitting:
        fix = did_you_mean(name, fitting) or f"; expected {', '.join(fitting)}"
        several = f"models one number, not {width} (objectives and outcome constraints)"
        wrong = several if name in known else "is unknown"
        raise OptionError(f"model_name={name!r} {wrong}{fix}")
