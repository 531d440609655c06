"""A flat tunesmith space as HEBO's parameters, and values back and forth; pure.

HEBO computes with 24 bits. So a real number, or its logarithm, is shown as its position in [0, 1],
which is how HEBO's own log scale is modelled too, and a whole one by its distance from the first.
Options stand as their positions.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from tunesmith.errors import CapabilityError
from tunesmith.protocols import Config
from tunesmith.space import (
    CategoricalParameter,
    FloatParameter,
    IntParameter,
    Space,
    Tunable,
    from_unit,
    to_unit,
)

Row = dict[str, Any]


class Layout:
    """The parameters of a space; `records` are what HEBO's `DesignSpace.parse` takes."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self.records = [_record(parameter) for parameter in space.parameters]

    def encode(self, config: Config) -> Row:
        """Return the row of a flat configuration; `SpaceError` if it is none of the space."""
        flat = self._space.validate(config)
        return {p.path: _shown(p, flat[p.path]) for p in self._space.tunable}

    def decode(self, row: Mapping[str, Any]) -> Config:
        """Return the flat configuration of a row."""
        flat = {p.path: _value(p, row[p.path]) for p in self._space.tunable}
        return dict(self._space.validate(flat))


def frame(rows: Sequence[Row], columns: Sequence[str]) -> pd.DataFrame:
    """Return rows as the table that HEBO keeps."""
    return pd.DataFrame(rows, columns=list(columns))


def _record(p: Tunable | Any) -> dict[str, Any]:
    match p:
        case CategoricalParameter():
            return {"name": p.path, "type": "cat", "categories": list(range(len(p.options)))}
        case FloatParameter(step=None, when=()) | IntParameter(step=1, log=True, when=()):
            return {"name": p.path, "type": "num", "lb": 0.0, "ub": 1.0}
        case IntParameter(step=1, when=()):
            return {"name": p.path, "type": "int", "lb": 0, "ub": p.high - p.low}
    raise CapabilityError(f"HEBO cannot search {p.path!r}: {p!r}; translate the space first")


def _shown(p: Tunable, value: Any) -> Any:
    if isinstance(p, CategoricalParameter):
        return p.options.index(value)
    if isinstance(p, IntParameter) and not p.log:
        return value - p.low
    # With more digits than HEBO computes with it would not know what it has suggested already.
    return float(np.float32(to_unit(p, value)))


def _value(p: Tunable, found: Any) -> Any:
    if isinstance(p, CategoricalParameter):
        return p.options[int(found)]
    if isinstance(p, IntParameter) and not p.log:
        return min(max(p.low + round(found), p.low), p.high)
    return from_unit(p, min(max(float(found), 0.0), 1.0))
