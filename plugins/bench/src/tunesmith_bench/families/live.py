"""Tasks that really train: scikit-learn's classifiers on its handwritten digits.

Nothing is downloaded. An epoch counts as one simulated second, so that results do not depend on
the machine; `time="measured"` counts the seconds that it took. Trials can be saved and taken up
with another configuration, so these tasks can judge population-based schedulers.
"""

from __future__ import annotations

import functools
import pickle
import time as clock
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import SGDClassifier
from sklearn.neural_network import MLPClassifier

import tunesmith as tune
from tunesmith.errors import UsageError, did_you_mean
from tunesmith_bench.data import Data
from tunesmith_bench.task import Task

EPOCHS = 27


@functools.lru_cache(maxsize=1)
def digits() -> Any:
    """Return (training images, labels), (validation images, labels)."""
    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))
    images, labels = images[order] / 16.0, labels[order]
    return (images[:1000], labels[:1000]), (images[1000:], labels[1000:])


class Training:
    """One classifier, trained by `partial_fit`, an epoch a step."""

    def setup(self, config: Mapping[str, Any], *, model: str, time: str, seed: int) -> None:
        """Make the classifier."""
        self._config = dict(config)
        self._classifier = _MODELS[model].make(config, seed)
        self._is_measured = time == "measured"
        self._epoch = 0
        self._elapsed = 0.0

    def step(self) -> dict[str, float] | None:
        """Train for an epoch, and report the accuracy on the validation images."""
        if self._epoch >= EPOCHS:
            return None
        began = clock.perf_counter()
        (images, labels), (held_out, truth) = digits()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", (ConvergenceWarning, RuntimeWarning))
            self._classifier.partial_fit(images, labels, classes=np.arange(10))
        self._epoch += 1
        self._elapsed += clock.perf_counter() - began if self._is_measured else 1.0
        return {
            "accuracy": float(self._classifier.score(held_out, truth)),
            "elapsed_s": self._elapsed,
        }

    def save_checkpoint(self, directory: str) -> None:
        """Save the classifier."""
        state = (self._classifier, self._epoch, self._elapsed)
        Path(directory, "classifier.pkl").write_bytes(pickle.dumps(state))

    def load_checkpoint(self, directory: str) -> None:
        """Take up a classifier, with this trial's own parameters."""
        state = Path(directory, "classifier.pkl").read_bytes()
        # Written by `save_checkpoint` of the same experiment.
        found, self._epoch, self._elapsed = pickle.loads(state)  # noqa: S301
        given = self._classifier.get_params()
        self._classifier = found.set_params(**given)
        # The network's optimiser keeps what it was made with.
        optimiser = getattr(found, "_optimizer", None)
        if optimiser is not None:
            optimiser.learning_rate = optimiser.learning_rate_init = given["learning_rate_init"]
            optimiser.momentum = given["momentum"]


class Model(msgspec.Struct, frozen=True):
    """A classifier; `best` and `reference` are measured on 256 configurations."""

    make: Any
    space: dict[str, Any]
    best: float
    reference: float


def _mlp(config: Mapping[str, Any], seed: int) -> Any:
    return MLPClassifier(
        (32,), random_state=seed, solver="sgd", batch_size=64, nesterovs_momentum=True, **config
    )


def _sgd(config: Mapping[str, Any], seed: int) -> Any:
    return SGDClassifier(random_state=seed, learning_rate="constant", **config)


_MODELS = {
    "digits_mlp": Model(
        _mlp,
        {
            "learning_rate_init": tune.loguniform(1e-4, 1.0),
            "momentum": tune.uniform(0.0, 0.99),
            "alpha": tune.loguniform(1e-6, 1.0),
        },
        best=0.984,
        reference=0.873,
    ),
    "digits_sgd": Model(
        _sgd,
        {
            "loss": tune.choice(["hinge", "log_loss", "modified_huber"]),
            "penalty": tune.choice(["l2", "l1", "elasticnet"]),
            "alpha": tune.loguniform(1e-6, 1.0),
            "eta0": tune.loguniform(1e-4, 1.0),
        },
        best=0.9624,
        reference=0.918,
    ),
}


def instances(family: str, data: Data) -> list[str]:
    """Return the names of the tasks."""
    del family, data
    return list(_MODELS)


def load(family: str, instance: str, data: Data, *, time: str = "nominal") -> Task:
    """Return the task."""
    del data
    if time not in ("nominal", "measured"):
        raise UsageError(
            f"{family}: time={time!r} is not possible"
            f"{did_you_mean(time, ('nominal', 'measured')) or ';'} expected 'nominal' or 'measured'"
        )
    model = _MODELS[instance]
    return Task(
        trainable=tune.with_parameters(Training, model=instance, time=time),
        space=model.space,
        metric="accuracy",
        mode="max",
        max_resource=EPOCHS,
        full_time_s=float(EPOCHS) if time == "nominal" else measured(instance),
        seeded=True,
        best=model.best,
        reference=model.reference,
    )


def measured(instance: str) -> float:
    """Return the seconds of a full training, estimated from two epochs of one configuration."""
    training = Training()
    config = {"alpha": 1e-3, "learning_rate_init": 0.01, "momentum": 0.5}
    if instance == "digits_sgd":
        config = {"alpha": 1e-3, "eta0": 0.01}
    training.setup(config, model=instance, time="measured", seed=0)
    training.step()
    report = training.step()
    return EPOCHS * (report["elapsed_s"] / 2 if report else 1.0)
