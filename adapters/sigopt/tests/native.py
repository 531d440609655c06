"""sigoptlite's own interface, for tests/benchmarks/adapter_overhead.py."""

import random

import numpy as np
from sigoptlite.driver import LocalDriver

EXPERIMENT = {
    "parameters": [
        {
            "name": "lr",
            "type": "double",
            "bounds": {"min": 1e-5, "max": 1e-1},
            "transformation": "log",
        },
        {"name": "momentum", "type": "double", "bounds": {"min": 0.0, "max": 1.0}},
        {"name": "dropout", "type": "double", "bounds": {"min": 0.0, "max": 0.8}},
        {"name": "layers", "type": "int", "bounds": {"min": 1, "max": 8}},
        {
            "name": "width",
            "type": "double",
            "bounds": {"min": 15.5, "max": 1024.5},
            "transformation": "log",
        },
        {"name": "act", "type": "categorical", "categorical_values": ["relu", "tanh", "gelu"]},
    ],
    "metrics": [{"name": "loss", "objective": "minimize", "strategy": "optimize"}],
}


class Native:
    """An experiment, asked by the requests that SigOpt's client makes."""

    steps, repeats = 1, 3

    def __init__(self, problem):
        random.seed(problem.seed("sigopt"))
        np.random.seed(problem.seed("sigopt"))  # noqa: NPY002  (what it draws from)
        self.driver = LocalDriver()
        plan = {**EXPERIMENT, "observation_budget": problem.num_samples}
        self.id = self.driver.request("POST", ["experiments"], plan, {})["id"]

    def post(self, what, data):
        return self.driver.request("POST", ["experiments", self.id, what], data, {})

    def observe(self, values, **of):
        self.post("observations", {"values": [{"name": "loss", "value": values}], **of})

    def learn(self, config, loss):
        self.observe(loss, assignments=config)

    def ask(self):
        self.suggestion = self.post("suggestions", {})
        found = self.suggestion["assignments"]
        width = min(max(round(found["width"]), 16), 1024)
        return {**found, "layers": int(found["layers"]), "width": width}

    def tell(self, config, loss):
        self.observe(loss, suggestion=self.suggestion["id"])


LOOPS = {"sigopt": Native}
