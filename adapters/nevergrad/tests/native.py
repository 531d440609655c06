"""Nevergrad's own ask and tell, for tests/benchmarks/adapter_overhead.py."""

import random

import nevergrad as ng
import numpy as np

PATHS = ("lr", "momentum", "dropout", "layers", "width", "act")


class Native:
    """The default optimizer, NGOpt, for as many trials as there are."""

    def __init__(self, problem):
        random.seed(1)
        np.random.seed(1)  # noqa: NPY002  (what its models draw from)
        space = ng.p.Tuple(
            ng.p.Log(lower=1e-5, upper=1e-1),
            ng.p.Scalar(lower=0, upper=1),
            ng.p.Scalar(lower=0, upper=0.8),
            ng.p.Scalar(lower=0.5, upper=8.5).set_integer_casting(),
            ng.p.Log(lower=15.5, upper=1024.5).set_integer_casting(),
            ng.p.Choice(["relu", "tanh", "gelu"], deterministic=True),
        )
        space.random_state = np.random.RandomState(problem.seed("nevergrad"))
        self.optimizer = ng.optimizers.NGOpt(space, budget=problem.num_samples, num_workers=2)

    def ask(self):
        self.candidate = self.optimizer.ask()
        return dict(zip(PATHS, self.candidate.value, strict=True))

    def tell(self, config, loss):
        self.optimizer.tell(self.candidate, loss)


LOOPS = {"nevergrad": Native}
