"""Ax's own ask and tell, for tests/benchmarks/adapter_overhead.py.

Real numbers are places between 0 and 1, as the adapter shows them, so that the models of both sides
are the same to the last bit and take the same steps.
"""

import logging
import math
from typing import ClassVar

from ax.api.client import Client
from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig

logging.getLogger("ax").setLevel(logging.ERROR)

LOW, HIGH = math.log(1e-5), math.log(1e-1)
PARAMETERS = [
    RangeParameterConfig("lr", (0.0, 1.0), "float"),
    RangeParameterConfig("momentum", (0.0, 1.0), "float"),
    RangeParameterConfig("dropout", (0.0, 1.0), "float"),
    RangeParameterConfig("layers", (1, 8), "int"),
    RangeParameterConfig("width", (16, 1024), "int", scaling="log"),
    ChoiceParameterConfig("act", ["relu", "tanh", "gelu"], "str", is_ordered=False),
]


class Native:
    """The client with its default strategy."""

    steps, repeats = 1, 3
    options: ClassVar = {"initialize_with_center": False}  # that would be a step without a model

    def __init__(self, problem):
        self.client = Client(random_seed=problem.seed("ax-model"))
        self.client.configure_experiment(PARAMETERS)
        self.client.configure_optimization("-loss")
        self.client.configure_generation_strategy(
            "fast",
            initialization_random_seed=problem.seed("ax-sobol"),
            allow_exceeding_initialization_budget=True,
            initialize_with_center=False,
        )

    def learn(self, config, loss):
        places = {
            "lr": (math.log(config["lr"]) - LOW) / (HIGH - LOW),
            "dropout": config["dropout"] / 0.8,
        }
        self.client.complete_trial(self.client.attach_trial(config | places), {"loss": loss})

    def ask(self):
        ((self.index, config),) = self.client.get_next_trials(1).items()
        lr = math.exp(LOW + (HIGH - LOW) * config["lr"])
        return config | {"lr": lr, "dropout": 0.8 * config["dropout"]}

    def tell(self, config, loss):
        self.client.complete_trial(self.index, {"loss": loss})


LOOPS = {"ax": Native}
