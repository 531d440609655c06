"""XGBoost on OpenML data sets (rbv2), through YAHPO's surrogate: a conditional space.

Fidelity is the share of training data: 1/27, 1/9, 1/3 and all of it, as resource `budget` 1, 3, 9
and 27. Each is a fit of its own, so a trial's time is the sum of its fits. Of the boosters, `dart`
is left out: there the surrogate is saturated on some data sets. Inactive parameters are absent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import tunesmith as tune
from tunesmith_bench.data import Data
from tunesmith_bench.design import spread
from tunesmith_bench.families.lcbench import domain
from tunesmith_bench.families.surrogate import Surrogate
from tunesmith_bench.task import Row, Task, replayed

STEM = "yahpo_rbv2_xgboost"
BUDGETS = (1, 3, 9, 27)
_BOOSTERS = ("gblinear", "gbtree")
_REPETITIONS = 10


class Curves:
    """One fit for each share of the training data."""

    def __init__(self, surrogate: Surrogate) -> None:
        self._surrogate = surrogate

    def curve(self, config: Mapping[str, Any], seed: int) -> Sequence[Row]:
        """Return the reports of all fits; the seed chooses among the ten repetitions."""
        flat = {**flattened(config), "repl": 1 + seed % _REPETITIONS}
        found = self._surrogate([{**flat, "trainsize": budget / BUDGETS[-1]} for budget in BUDGETS])
        times = np.maximum(found["timetrain"], 0) + np.maximum(found["timepredict"], 0)
        columns = (BUDGETS, found["auc"].tolist(), np.cumsum(times).tolist())
        return [
            {"auc": auc, "budget": budget, "elapsed_s": elapsed}
            for budget, auc, elapsed in zip(*columns, strict=True)
        ]


def flattened(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration as the surrogate knows it: the booster's parameters beside it."""
    booster = dict(config["booster"])
    return {**config, "booster": booster.pop("name"), **booster}


def instances(family: str, data: Data) -> list[str]:
    """Return the OpenML numbers of the data sets."""
    del family
    return list(data.description(STEM)["instances"]) if data.has(STEM) else []


def load(family: str, instance: str, data: Data) -> Task:
    """Return the task of one data set."""
    del family
    data.path(STEM)
    surrogate = Surrogate(data, STEM, instance)
    space = _space(surrogate.description)
    sample = [flattened(config) for config in spread(space, 16384)]
    found = surrogate([{**config, "repl": 1, "trainsize": 1.0} for config in sample])
    curves = Curves(surrogate)
    ends = [curves.curve(config, 0)[-1]["elapsed_s"] for config in spread(space, 512)]
    return replayed(
        curves,
        space=space,
        metric="auc",
        mode="max",
        resource="budget",
        max_resource=BUDGETS[-1],
        full_time_s=float(np.median(ends)),
        best=float(found["auc"].max()),
        reference=float(np.median(found["auc"])),
        quantile=float(np.quantile(found["auc"], 0.999)),
    )


def _space(description: Mapping[str, Any]) -> dict[str, Any]:
    children = {one["child"]: one for one in description["conditions"]}
    boosters: dict[str, dict[str, Any]] = {name: {"name": name} for name in _BOOSTERS}
    space: dict[str, Any] = {}
    for parameter in description["hyperparameters"]:
        name = parameter["name"]
        if name in ("repl", "trainsize"):
            continue
        if name == "booster":
            space[name] = None  # its place; the branches are known when all children are
        elif name in children:
            condition = children[name]
            for booster in condition.get("values") or [condition["value"]]:
                if booster in boosters:
                    boosters[booster][name] = domain(parameter)
        else:
            space[name] = domain(parameter)
    return {**space, "booster": tune.choice(list(boosters.values()))}
