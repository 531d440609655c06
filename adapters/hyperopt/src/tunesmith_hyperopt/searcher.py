"""Hyperopt's algorithms as a searcher.

Hyperopt has no ask and tell: an algorithm is a function that reads a list of documents, one for
each trial, and returns a new one. The searcher keeps that list.
"""

import math
import pickle
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from hyperopt import (
    JOB_STATE_DONE,
    JOB_STATE_ERROR,
    STATUS_FAIL,
    STATUS_OK,
    Domain,
    Trials,
    anneal,
    hp,
    rand,
    tpe,
)

from tunesmith.errors import OptionError, did_you_mean
from tunesmith.protocols import Config, Observation, Problem
from tunesmith.space import SpaceError
from tunesmith_hyperopt._space import decode, dimensions, encode, tree

Document = dict[str, Any]
Algorithm = Callable[..., list[Document]]

ALGORITHMS: dict[str, tuple[Algorithm, tuple[str, ...]]] = {
    "tpe": (
        partial(tpe.suggest, verbose=False),
        ("prior_weight", "n_startup_jobs", "n_EI_candidates", "gamma"),
    ),
    "anneal": (anneal.suggest, ("avg_best_idx", "shrink_coef")),
    "rand": (rand.suggest, ()),
}
"""By name: the algorithm, and its options."""


class HyperoptSearcher:
    """Suggests what one of Hyperopt's algorithms does.

    `algo` is a key of `ALGORITHMS`, or an algorithm as `fmin` takes it. The options after it are
    those of "tpe", the last two those of "anneal", each with Hyperopt's default.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        algo: str | Algorithm = "tpe",
        prior_weight: float | None = None,
        n_startup_jobs: int | None = None,
        n_EI_candidates: int | None = None,  # noqa: N803  (the library's own name)
        gamma: float | None = None,
        avg_best_idx: float | None = None,
        shrink_coef: float | None = None,
    ) -> None:
        """Raise an `OptionError` for what is not possible."""
        options: dict[str, Any] = {}
        for name, value, least, kind in (
            ("prior_weight", prior_weight, 1e-9, float),
            ("n_startup_jobs", n_startup_jobs, 1, int),
            ("n_EI_candidates", n_EI_candidates, 1, int),
            ("gamma", gamma, 1e-9, float),
            ("avg_best_idx", avg_best_idx, 1, float),
            ("shrink_coef", shrink_coef, 0, float),
        ):
            if value is None:
                continue
            if type(value) not in (int, kind) or not least <= value < math.inf:
                wanted = f"a {'whole' if kind is int else 'finite'} number, {least} or more"
                raise OptionError(f"searcher 'hyperopt': {name}={value!r}; expected {wanted}")
            options[name] = value
        self._algorithm = partial(_algorithm(algo, options), **options)
        self._space, self._dimensions = problem.space, dimensions(problem.space.tunable)
        self._domain = Domain(None, tree(self._dimensions, hp) or [0])
        self._trials = Trials()
        self._records = dict[str, tuple[Config, Document]]()
        self._rng = problem.rng("hyperopt")

    def suggest(self, trial_id: str) -> Config:
        """Return a flat configuration; the trial counts as pending from now on."""
        numbers, seed = self._trials.new_trial_ids(1), self._rng.randrange(2**31)
        # Densities of impossible values are zero on purpose, and their logarithms infinite.
        with np.errstate(all="ignore"):
            documents = self._algorithm(numbers, self._domain, self._trials, seed)
        config = self._space.validate(decode(self._dimensions, documents[0]["misc"]["vals"]))
        self._insert(trial_id, config, documents)
        return dict(config)

    def adopt(self, trial_id: str, config: Config) -> None:
        """Count a trial as pending whose configuration came from elsewhere."""
        self._document(trial_id, config)

    def observe(self, observation: Observation) -> None:
        """Learn one fact; a trial or configuration not suggested here is added to the list.

        Without values a trial is either released, or a failure: worse than any other.
        """
        document = self._document(observation.trial_id, observation.config)
        if document is None or (observation.status == "running" and not observation.values):
            return
        released = observation.status in ("stopped", "paused") and not observation.values
        result = {"status": STATUS_FAIL}
        if observation.values:
            result = {"status": STATUS_OK, "loss": observation.values[0]}
        self._settle(document, JOB_STATE_ERROR if released else JOB_STATE_DONE, result)

    def state(self) -> bytes:
        """Return the documents and the generator; pickled."""
        return pickle.dumps((self._trials, self._records, self._rng))

    def restore(self, state: bytes) -> None:
        """Take up what `state` returned, in a searcher made with the same problem and options."""
        self._trials, self._records, self._rng = pickle.loads(state)  # noqa: S301  (ours)

    def _document(self, trial_id: str, config: Config) -> Document | None:
        """Return the document of a trial with this configuration; None from outside the space."""
        known = self._records.get(trial_id)
        if known is not None:
            if known[0] == config:
                return known[1]
            # The trial went on with another configuration, and is a new one to the algorithm.
            self._settle(self._records.pop(trial_id)[1], JOB_STATE_ERROR, {"status": STATUS_FAIL})
        try:
            flat = self._space.validate(config)
        except SpaceError:
            return None  # say, from an earlier run: no algorithm could place it
        (number,) = self._trials.new_trial_ids(1)
        values = encode(self._dimensions, flat)
        misc = {
            "tid": number,
            "cmd": self._domain.cmd,
            "workdir": self._domain.workdir,
            "idxs": {path: [number] if value else [] for path, value in values.items()},
            "vals": values,
        }
        new = self._trials.new_trial_docs([number], [None], [self._domain.new_result()], [misc])
        return self._insert(trial_id, flat, new)

    def _insert(self, trial_id: str, config: Config, documents: list[Document]) -> Document:
        self._trials.insert_trial_docs(documents)
        self._trials.refresh()
        # With pymongo installed, what was inserted is a copy.
        document: Document = self._trials.trials[-1]
        self._records[trial_id] = (config, document)
        return document

    def _settle(self, document: Document, state: int, result: dict[str, Any]) -> None:
        """Write down how a trial ended; algorithms see those only that are not in error."""
        seen = JOB_STATE_ERROR not in (document["state"], state)
        document["state"], document["result"] = state, result
        if not seen:
            self._trials.refresh()


def _algorithm(algo: str | Algorithm, options: dict[str, Any]) -> Algorithm:
    """Return the algorithm, once it is known to have these options."""
    if callable(algo):
        if options:
            fix = f"bind {', '.join(options)} to it with functools.partial"
            raise OptionError(f"searcher 'hyperopt': algo={algo!r} is made already; {fix}")
        return algo
    if str(algo) not in ALGORITHMS:
        guess = did_you_mean(str(algo), ALGORITHMS) or f"; expected {', '.join(ALGORITHMS)}"
        raise OptionError(f"searcher 'hyperopt': algo={algo!r} is unknown{guess}")
    algorithm, known = ALGORITHMS[algo]
    for name in options:
        if name not in known:
            has = ", ".join(known) or "none"
            raise OptionError(f"algo={algo!r} has no option {name!r}; its options: {has}")
    return algorithm
