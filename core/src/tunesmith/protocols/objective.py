"""What is optimised: one metric and its direction."""

import math
from typing import Any, Literal

import msgspec

Mode = Literal["min", "max"]


class Objective(msgspec.Struct, frozen=True):
    """One metric to minimise or maximise."""

    metric: str
    mode: Mode

    def minimised(self, value: Any) -> float:
        """Return `value` as a float to be minimised; anything that is no number becomes +inf."""
        try:
            number = float(value)
        except (TypeError, ValueError):
            return math.inf
        if math.isnan(number):
            return math.inf
        return number if self.mode == "min" else -number

    def better(self, left: float, right: float) -> bool:
        """Tell whether raw value `left` beats raw value `right`."""
        return left < right if self.mode == "min" else left > right
