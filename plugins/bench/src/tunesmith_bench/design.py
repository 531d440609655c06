"""Configurations that fill a space evenly: what a task's median and best are estimated from."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import qmc

from tunesmith.space import Space, from_unit, parse_space

Config = dict[str, Any]


def spread(definition: Any, count: int) -> list[Config]:
    """Return `count` nested configurations of a space along a Sobol sequence, always the same."""
    space = parse_space(definition)
    tunable = space.tunable
    points = qmc.Sobol(len(tunable), scramble=True, rng=np.random.default_rng(0)).random(count)
    return [_config(space, point) for point in points]


def _config(space: Space, point: Any) -> Config:
    """Decode one point; parameters whose conditions do not hold are left out."""
    flat: dict[str, Any] = {}
    for parameter, position in zip(space.tunable, point, strict=True):
        if all(flat.get(c.path, c) in c.options for c in parameter.when):
            flat[parameter.path] = from_unit(parameter, float(position))
    return space.build(flat)
