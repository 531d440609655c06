"""scikit-optimize's own ask and tell, for tests/benchmarks/adapter_overhead.py."""

import numpy as np
from skopt import Optimizer
from skopt.space import Categorical, Integer, Real

DIMENSIONS = [
    Real(1e-5, 1e-1, prior="log-uniform", name="lr"),
    Real(0, 1, name="momentum"),
    Real(0, 0.8, name="dropout"),
    Integer(1, 8, name="layers"),
    Integer(16, 1024, prior="log-uniform", transform="normalize", name="width"),
    Categorical(["relu", "tanh", "gelu"], name="act"),
]
PATHS = [dimension.name for dimension in DIMENSIONS]


class Native:
    """The optimizer with its default model, a Gaussian process.

    Its `tell` fits the model and looks for the next point; that is put off to the next `ask` here,
    as in the adapter, so that a step fits one model to the same trials on both sides.
    """

    steps, repeats = 1, 2

    def __init__(self, problem):
        np.random.seed(1)  # noqa: NPY002  (what the library draws from)
        self.optimizer = Optimizer(DIMENSIONS, random_state=problem.seed("skopt-model"))
        self.last = None

    def learn(self, config, loss):
        if self.last:
            self.optimizer.tell(*self.last, fit=False)
        self.last = [config[path] for path in PATHS], loss

    def ask(self):
        if self.last:
            self.optimizer.tell(*self.last)
        self.point = self.optimizer.ask()
        return dict(zip(PATHS, self.point, strict=True))

    def tell(self, config, loss):
        self.last = self.point, loss


LOOPS = {"skopt": Native}
