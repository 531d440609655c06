"""HEBO's own suggest and observe, for tests/benchmarks/adapter_overhead.py.

Numbers with a log scale are places between 0 and 1, as the adapter shows them.
"""

import math
import random

import numpy as np
import pandas as pd
import torch
from hebo.design_space.design_space import DesignSpace
from hebo.optimizers.hebo import HEBO
from pymoo.config import Config

Config.warnings["not_compiled"] = False

OPTIONS = ["relu", "tanh", "gelu"]
LR = math.log(1e-5), math.log(1e-1)
WIDTH = math.log(15.5), math.log(1024.5)
SPACE = [
    {"name": "lr", "type": "num", "lb": 0.0, "ub": 1.0},
    {"name": "momentum", "type": "num", "lb": 0.0, "ub": 1.0},
    {"name": "dropout", "type": "num", "lb": 0.0, "ub": 1.0},
    {"name": "layers", "type": "int", "lb": 1, "ub": 8},
    {"name": "width", "type": "num", "lb": 0.0, "ub": 1.0},
    {"name": "act", "type": "cat", "categories": OPTIONS},
]


def place(ends, value):
    return (math.log(value) - ends[0]) / (ends[1] - ends[0])


def value(ends, place):
    return math.exp(ends[0] + (ends[1] - ends[0]) * place)


class Native:
    """The default model and acquisitions."""

    steps, repeats = 1, 1

    def __init__(self, problem):
        seed = problem.seed("hebo")
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002  (what it draws from)
        torch.manual_seed(seed)
        torch.set_num_threads(1)
        self.hebo = HEBO(DesignSpace().parse(SPACE), scramble_seed=problem.seed("hebo-sobol"))

    def learn(self, config, loss):
        places = {
            "lr": place(LR, config["lr"]),
            "width": place(WIDTH, config["width"]),
            "dropout": config["dropout"] / 0.8,
        }
        self.hebo.observe(pd.DataFrame([config | places]), np.array([[loss]]))

    def ask(self):
        self.row = self.hebo.suggest()
        found = self.row.iloc[0].to_dict()
        width = min(max(round(value(WIDTH, found["width"])), 16), 1024)
        values = {"lr": value(LR, found["lr"]), "width": width, "dropout": 0.8 * found["dropout"]}
        return found | values | {"layers": round(found["layers"])}

    def tell(self, config, loss):
        self.hebo.observe(self.row, np.array([[loss]]))


LOOPS = {"hebo": Native}
