"""bayesian-optimization's own loop, for tests/benchmarks/adapter_overhead.py."""

import math

import numpy as np
from bayes_opt import BayesianOptimization
from bayes_opt.parameter import wrap_kernel
from sklearn.gaussian_process.kernels import Matern

LR = math.log(1e-5), math.log(1e-1)
WIDTH = math.log(15.5), math.log(1024.5)
BOUNDS = {
    "lr": (0.0, 1.0),
    "momentum": (0.0, 1.0),
    "dropout": (0.0, 1.0),
    "layers": (1, 8, int),
    "width": (0.0, 1.0),
    "act": ("relu", "tanh", "gelu"),
}
SCALES = {"lr": LR, "dropout": (0.0, 0.8), "width": WIDTH}


class Native:
    """The default acquisition function, with the kernel that the adapter has."""

    steps, repeats = 1, 4

    def __init__(self, problem):
        state = np.random.RandomState(problem.seed("bayesopt-model"))
        self.optimizer = BayesianOptimization(None, BOUNDS, random_state=state, verbose=0)
        widths = np.array([1, 1, 1, 7, 1, 1, 1, 1])
        self.optimizer.set_gp_params(kernel=wrap_kernel(Matern(nu=2.5), lambda x: x / widths))

    def learn(self, config, loss):
        places = {path: (config[path] - low) / (high - low) for path, (low, high) in SCALES.items()}
        self.optimizer.register(config | places, -loss)

    def ask(self):
        self.params = self.optimizer.suggest()
        values = {
            path: low + (high - low) * self.params[path] for path, (low, high) in SCALES.items()
        }
        return self.params | values

    def tell(self, config, loss):
        self.optimizer.register(self.params, -loss)


LOOPS = {"bayesopt": Native}
