"""ZOOpt's own ask and tell, `SRacosTune`, for tests/benchmarks/adapter_overhead.py."""

import math

import numpy as np
from zoopt import Dimension2, Parameter, Solution, ValueType
from zoopt.algos.opt_algorithms.racos.sracos import SRacosTune

OPTIONS = ["relu", "tanh", "gelu"]
DIMENSIONS = {
    "lr": (ValueType.CONTINUOUS, [math.log(1e-5), math.log(1e-1)], 1e-10),
    "momentum": (ValueType.CONTINUOUS, [0, 1], 1e-10),
    "dropout": (ValueType.CONTINUOUS, [0, 0.8], 1e-10),
    "layers": (ValueType.DISCRETE, [1, 8], True),
    "width": (ValueType.CONTINUOUS, [math.log(15.5), math.log(1024.5)], 1e-10),
    "act": (ValueType.DISCRETE, [0, 2], False),
}


class Native:
    """One trial at a time."""

    def __init__(self, problem):
        np.random.seed(problem.seed("zoopt"))  # noqa: NPY002  (what the library draws from)
        dimension, parameter = Dimension2(list(DIMENSIONS.values())), Parameter(budget=100)
        self.tune = SRacosTune(dimension, parameter, parallel_num=1)

    def ask(self):
        self.solution = self.tune.suggest()
        while not isinstance(self.solution, Solution):
            # It waits for what it was told already, or has given up; asked again, it goes on.
            self.tune.semaphore = 1
            self.solution = self.tune.suggest()
        config = dict(zip(DIMENSIONS, self.solution.get_x(), strict=True))
        config["act"] = OPTIONS[config["act"]]
        return config

    def tell(self, config, loss):
        self.tune.complete(self.solution, loss)


LOOPS = {"zoopt": Native}
