"""A neural surrogate of recorded trainings, in plain NumPy: the residual net of YAHPO Gym."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tunesmith_bench.data import Data

Floats = npt.NDArray[Any]

_STEPS: dict[str, Callable[..., Any]] = {
    "Add": lambda x, c: x + c,
    "Sub": lambda x, c: x - c,
    "Mul": lambda x, c: x * c,
    "Div": lambda x, c: x / c,
    "Log": np.log,
    "Exp": np.exp,
    "Neg": np.negative,
}


class Surrogate:
    """Answers batches of configurations (flat, without inactive parameters) for one instance.

    Source: YAHPO Gym, arXiv 2109.03670. A query costs some 60 µs in batches of 50 and more.
    """

    def __init__(self, data: Data, stem: str, instance: str) -> None:
        with np.load(data.path(stem)) as arrays:
            weights = {name: arrays[name] for name in arrays.files}
        self.description = data.description(stem)
        self._parts = _fold(weights)
        place = self.description["instances"].index(instance)
        self._instance = weights["embds_fct.0.weight"][place]
        self._embeddings = [
            weights[f"embds_fct.{number}.weight"]
            for number, _ in enumerate(self.description["inputs_cat"], 1)
        ]

    def __call__(self, configs: Sequence[Mapping[str, Any]]) -> dict[str, Floats]:
        """Return every output as an array with one number a configuration."""
        hidden = self._inputs(configs)
        first, layers, last, head = self._parts
        hidden = hidden @ first[0] + first[1]
        for inner, outer in layers:
            left, right = np.split(hidden @ inner[0] + inner[1], 2, axis=1)
            hidden = hidden + (left * np.maximum(right, 0)) @ outer[0] + outer[1]
        raw = np.maximum(hidden * last[0] + last[1], 0) @ head[0] + head[1]
        squashed = 1 / (1 + np.exp(-np.clip(raw.astype(np.float64), -80, 80)))
        description = self.description
        return {
            name: _transform(squashed[:, column], steps)
            for column, (name, steps) in enumerate(
                zip(description["outputs"], description["out_steps"], strict=True)
            )
        }

    def _inputs(self, configs: Sequence[Mapping[str, Any]]) -> Floats:
        description = self.description
        names = description["inputs_cont"]
        numbers = np.array([[c.get(name, 0.0) for name in names] for c in configs], np.float64)
        columns = [np.broadcast_to(self._instance, (len(configs), len(self._instance)))]
        for name, embedding in zip(description["inputs_cat"], self._embeddings, strict=True):
            codes = description["cat_encoding"][name]
            columns.append(embedding[[codes[c.get(name, "#na#")] for c in configs]])
        for column, steps in enumerate(description["in_steps"]):
            columns.append(_transform(numbers[:, column : column + 1], steps))
        return np.concatenate(columns, 1).astype(np.float32)


def _transform(values: Floats, steps: Sequence[Sequence[Any]]) -> Floats:
    for name, *constants in steps:
        values = _STEPS[name](values, *constants)
    return values


def _fold(weights: Mapping[str, Floats]) -> Any:
    """Return the layers as (matrix, offset), each inner normalisation folded into its matrix."""

    def normal(name: str) -> tuple[Floats, Floats]:
        scale = weights[f"{name}.weight"] / np.sqrt(weights[f"{name}.running_var"] + 1e-5)
        return scale, weights[f"{name}.bias"] - weights[f"{name}.running_mean"] * scale

    def linear(name: str) -> tuple[Floats, Floats]:
        return weights[f"{name}.weight"].T, weights[f"{name}.bias"]

    layers = []
    count = sum(name.endswith("linear0.weight") for name in weights)
    for number in range(count):
        scale, shift = normal(f"layers.{number}.norm")
        matrix, offset = linear(f"layers.{number}.linear0")
        folded = scale[:, None] * matrix, offset + shift @ matrix
        layers.append((_single(folded), _single(linear(f"layers.{number}.linear1"))))
    last = _single(normal("last_normalization"))
    return _single(linear("first_layer")), layers, last, _single(linear("head"))


def _single(pair: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    return pair[0].astype(np.float32), pair[1].astype(np.float32)
