"""TuRBO as a user of BoTorch writes it, for tests/benchmarks/adapter_overhead.py.

BoTorch has its parts, and no ask and tell: a model, its fit, and a sampler of the best point.
"""

import math
from typing import ClassVar

import torch
from botorch import fit_gpytorch_mll
from botorch.generation import MaxPosteriorSampling
from botorch.models import SingleTaskGP
from botorch.models.utils.gpytorch_modules import get_covar_module_with_dim_scaled_prior
from gpytorch.mlls import ExactMarginalLogLikelihood

OPTIONS = ["relu", "tanh", "gelu"]
LR = math.log(1e-5), math.log(1e-1)
WIDTH = math.log(15.5), math.log(1024.5)
STEPS = {"maxiter": 50}
CANDIDATES = 600


class Native:
    """One region as large as at first, with the adapter's model."""

    steps, repeats = 4, 3
    # The region stays as it is, so that all trials are in it.
    options: ClassVar = {"success_tolerance": 10**6, "failure_tolerance": 10**6}

    def __init__(self, problem):
        torch.set_num_threads(1)
        torch.manual_seed(problem.seed("turbo"))
        self.rows, self.losses, self.length = [], [], 0.8

    def learn(self, config, loss):
        act = [float(config["act"] == option) for option in OPTIONS]
        lr = (math.log(config["lr"]) - LR[0]) / (LR[1] - LR[0])
        width = (math.log(config["width"]) - WIDTH[0]) / (WIDTH[1] - WIDTH[0])
        layers = (config["layers"] - 0.5) / 8
        self.rows.append([lr, config["momentum"], config["dropout"] / 0.8, layers, width, *act])
        self.losses.append(loss)

    def ask(self):
        x = torch.tensor(self.rows, dtype=torch.double)
        y = -torch.tensor(self.losses, dtype=torch.double)[:, None]
        y = (y - y.mean()) / y.std()
        kernel = get_covar_module_with_dim_scaled_prior(x.shape[1], use_rbf_kernel=False)
        model = SingleTaskGP(x, y, covar_module=kernel, outcome_transform=None)
        likelihood = ExactMarginalLogLikelihood(model.likelihood, model)
        fit_gpytorch_mll(likelihood, optimizer_kwargs={"options": STEPS})
        model.eval()
        with torch.no_grad():
            sampling = MaxPosteriorSampling(model, replacement=False)
            points = self.candidates(x[y.argmax()], kernel.lengthscale.ravel()[:5])
            return self.config(sampling(points, num_samples=1)[0].tolist())

    def candidates(self, centre, lengthscales):
        weights = lengthscales / lengthscales.log().mean().exp()
        low = (centre[:5] - weights * self.length / 2).clamp(0, 1)
        high = (centre[:5] + weights * self.length / 2).clamp(0, 1)
        points = torch.quasirandom.SobolEngine(6, scramble=True).draw(
            CANDIDATES, dtype=torch.double
        )
        act = torch.nn.functional.one_hot((3 * points[:, 5]).long().clamp(max=2), 3)
        moved = torch.cat([low + (high - low) * points[:, :5], act.double()], dim=1)
        moved[:, 3] = ((8 * moved[:, 3]).floor().clamp(max=7) + 0.5) / 8
        return moved

    def config(self, row):
        lr, momentum, dropout, layers, width, *act = row
        return {
            "lr": math.exp(LR[0] + (LR[1] - LR[0]) * lr),
            "momentum": momentum,
            "dropout": 0.8 * dropout,
            "layers": 1 + int(8 * layers),
            "width": min(max(round(math.exp(WIDTH[0] + (WIDTH[1] - WIDTH[0]) * width)), 16), 1024),
            "act": OPTIONS[act.index(max(act))],
        }

    def tell(self, config, loss):
        self.learn(config, loss)


LOOPS = {"turbo": Native}
