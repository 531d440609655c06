"""Functions with known optima, each evaluation a simulated second.

Optima by multi-start L-BFGS-B. `mfhartmann6` is the multi-fidelity form of mf-prior-bench: at
fidelity z below 1 the four heights are lower by `bias` times (1 - z on a log scale), and values
have half-normal noise of `noise` times (1 - z); incumbents are judged at z = 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

import tunesmith as tune
from tunesmith_bench.data import Data
from tunesmith_bench.design import spread
from tunesmith_bench.families.noise import stream
from tunesmith_bench.task import Row, Task, replayed

Point = Sequence[float]

_HEIGHTS = np.array([1.0, 1.2, 3.0, 3.2])
_WIDTHS_3 = np.array([[3, 10, 30], [0.1, 10, 35], [3, 10, 30], [0.1, 10, 35]])
_CENTRES_3 = 1e-4 * np.array(
    [[3689, 1170, 2673], [4699, 4387, 7470], [1091, 8732, 5547], [381, 5743, 8828]]
)
_WIDTHS_6 = np.array(
    [
        [10, 3, 17, 3.5, 1.7, 8],
        [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8],
        [17, 8, 0.05, 10, 0.1, 14],
    ]
)
_CENTRES_6 = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)


def branin(x: Point) -> float:
    """Return the value of Branin's function."""
    a, b = x
    valley = b - 5.1 / (4 * math.pi**2) * a**2 + 5 / math.pi * a - 6
    return valley**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(a) + 10


def hartmann(x: Point) -> float:
    """Return the value of Hartmann's function in 3 or 6 dimensions."""
    return float(-(_HEIGHTS * _bells(x)).sum())


def _bells(x: Point) -> npt.NDArray[np.float64]:
    """Return how much of each of the four heights of Hartmann's function there is at a point."""
    widths, centres = (_WIDTHS_3, _CENTRES_3) if len(x) == 3 else (_WIDTHS_6, _CENTRES_6)
    exponents = (widths * (np.asarray(x) - centres) ** 2).sum(axis=1)
    return np.exp(-exponents)  # type: ignore[no-any-return]


def ackley(x: Point) -> float:
    """Return the value of Ackley's function."""
    size = len(x)
    spread_out = math.sqrt(math.fsum(v * v for v in x) / size)
    waves = math.fsum(math.cos(2 * math.pi * v) for v in x) / size
    return max(0.0, 20 - 20 * math.exp(-0.2 * spread_out) + math.e - math.exp(waves))


def levy(x: Point) -> float:
    """Return the value of Levy's function."""
    w = [1 + (v - 1) / 4 for v in x]
    inner = math.fsum((v - 1) ** 2 * (1 + 10 * math.sin(math.pi * v + 1) ** 2) for v in w[:-1])
    last = (w[-1] - 1) ** 2 * (1 + math.sin(2 * math.pi * w[-1]) ** 2)
    return math.sin(math.pi * w[0]) ** 2 + inner + last


def rosenbrock(x: Point) -> float:
    """Return the value of Rosenbrock's function."""
    pairs = pairwise(x)
    return math.fsum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in pairs)


Function = tuple[Callable[[Point], float], tuple[tuple[float, float], ...], float]

FUNCTIONS: dict[str, Function] = {
    "branin": (branin, ((-5, 10), (0, 15)), 0.39788735772973816),
    "hartmann3": (hartmann, ((0, 1),) * 3, -3.86278),
    "hartmann6": (hartmann, ((0, 1),) * 6, -3.322368),
    "ackley5": (ackley, ((-32.768, 32.768),) * 5, 0.0),
    "levy5": (levy, ((-10, 10),) * 5, 0.0),
    "rosenbrock4": (rosenbrock, ((-5, 10),) * 4, 0.0),
}
STEPS = 27
"""Fidelities of `mfhartmann6`."""


class Landscape:
    """A function without fidelities: one report."""

    def __init__(self, function: Callable[[Point], float]) -> None:
        self._function = function

    def curve(self, config: Mapping[str, Any], seed: int) -> Sequence[Row]:
        """Return the one report."""
        del seed
        return [{"value": self._function(list(config.values())), "elapsed_s": 1.0}]


class Fidelities:
    """The multi-fidelity form of Hartmann's function."""

    def __init__(self, bias: float, noise: float) -> None:
        self._bias = bias
        self._noise = noise

    def curve(self, config: Mapping[str, Any], seed: int) -> Sequence[Row]:
        """Return the reports at all fidelities, which approach the true function."""
        x = list(config.values())
        true, lift = hartmann(x), self._bias * float(_bells(x).sum())
        noise = stream(seed, tuple(x))
        rows: list[Row] = []
        for step in range(1, STEPS + 1):
            missing = 1 - math.log(step) / math.log(STEPS)
            error = abs(noise.gauss(0, 1)) * self._noise * (1 - step / STEPS)
            value = true + lift * missing + error
            rows.append({"value": value, "score": true, "elapsed_s": float(step)})
        return rows


def instances(family: str, data: Data) -> list[str]:
    """Return the names of the functions."""
    del family, data
    return [*FUNCTIONS, "mfhartmann6"]


def load(family: str, instance: str, data: Data, *, bias: float = 1.0, noise: float = 0.1) -> Task:
    """Return the task of one function; `bias` and `noise` are those of `mfhartmann6`."""
    del family, data
    fidelities = instance == "mfhartmann6"
    function, bounds, optimum = FUNCTIONS["hartmann6" if fidelities else instance]
    space = {f"x{i}": tune.uniform(*pair) for i, pair in enumerate(bounds)}
    values = [function(list(config.values())) for config in spread(space, 1024)]
    return replayed(
        Fidelities(bias, noise) if fidelities else Landscape(function),
        space=space,
        metric="value",
        mode="min",
        max_resource=STEPS if fidelities else 1,
        score="score" if fidelities else "",
        full_time_s=float(STEPS if fidelities else 1),
        best=optimum,
        reference=float(np.median(values)),
    )
