"""The cmaes library's own ask and tell, for tests/benchmarks/adapter_overhead.py."""

import math

import cmaes
import numpy as np

OPTIONS = ["relu", "tanh", "gelu"]
LR = math.log(1e-5), math.log(1e-1)
WIDTH = math.log(15.5), math.log(1024.5)


def between(ends, position):
    low, high = ends
    return math.exp(low + (high - low) * position)


class Reals:
    """`CMA`, in a space of real numbers."""

    paths = ("lr", "momentum", "dropout")

    def __init__(self, problem):
        self.seed = problem.rng("cmaes").randrange(2**31)
        self.optimizer, self.told = self.made(), []

    def made(self):
        bounds = np.array([[0.0, 1.0]] * 3)
        return cmaes.CMA(np.full(3, 0.5), 0.3, bounds, seed=self.seed)

    def ask(self):
        self.sample = self.optimizer.ask()
        lr, momentum, dropout = self.sample.tolist()
        return {"lr": between(LR, lr), "momentum": momentum, "dropout": 0.8 * dropout}

    def tell(self, config, loss):
        self.told.append((self.sample, loss))
        if len(self.told) == self.optimizer.population_size:
            self.optimizer.tell(self.told)
            self.told = []
            if self.optimizer.should_stop():
                self.optimizer = self.made()


class Mixed(Reals):
    """`CatCMAwM`, in a space of all kinds."""

    paths = (*Reals.paths, "layers", "width", "act")

    def made(self):
        levels = [[(k + 0.5) / 8 for k in range(8)]]
        return cmaes.CatCMAwM(
            [[0.0, 1.0]] * 4,
            levels,
            [3],
            mean=np.full(5, 0.5),
            sigma=0.3,
            cov=np.eye(5),
            seed=self.seed,
        )

    def ask(self):
        self.sample = sample = self.optimizer.ask()
        lr, momentum, dropout, width = sample.x.tolist()
        return {
            "lr": between(LR, lr),
            "momentum": momentum,
            "dropout": 0.8 * dropout,
            "layers": 1 + int(8 * sample.z[0]),
            "width": min(max(round(between(WIDTH, width)), 16), 1024),
            "act": OPTIONS[sample.c[0].argmax()],
        }


LOOPS = {"cmaes": Mixed, "cmaes, real numbers": Reals}
