"""What one trial needs to run: bundles of CPUs, GPUs and custom resources."""

from collections.abc import Mapping
from typing import Literal

import msgspec

Strategy = Literal["PACK", "SPREAD", "STRICT_PACK", "STRICT_SPREAD"]


class Resources(msgspec.Struct, frozen=True, gc=False):
    """One bundle runs the trial; further bundles are reserved for the tasks it starts itself.

    Each bundle maps a resource name (`cpu`, `gpu`, `memory` in bytes, or a custom one) to an
    amount, which may be fractional.
    """

    bundles: tuple[Mapping[str, float], ...] = ({"cpu": 1.0},)
    strategy: Strategy = "PACK"
