"""Hyperopt without the adapter, for tests/benchmarks/adapter_overhead.py.

It has no ask and tell: what is here is what its `fmin` does for each trial.
"""

import math

import numpy as np
from hyperopt import JOB_STATE_DONE, STATUS_OK, Domain, Trials, hp, tpe

OPTIONS = ["relu", "tanh", "gelu"]
SPACE = [
    hp.loguniform("lr", math.log(1e-5), math.log(1e-1)),
    hp.uniform("momentum", 0, 1),
    hp.uniform("dropout", 0, 0.8),
    hp.quniform("layers", -0.5, 7.5, 1),
    hp.qloguniform("width", math.log(15.5), math.log(1024.5), 1),
    hp.choice("act", OPTIONS),
]


class Native:
    """TPE on a list of trials."""

    def __init__(self, problem):
        self.domain, self.trials = Domain(None, SPACE), Trials()
        self.rng = problem.rng("hyperopt")

    def ask(self):
        numbers = self.trials.new_trial_ids(1)
        self.trials.refresh()
        seed = self.rng.randrange(2**31)
        with np.errstate(all="ignore"):
            documents = tpe.suggest(numbers, self.domain, self.trials, seed, verbose=False)
        self.trials.insert_trial_docs(documents)
        self.trials.refresh()
        found = {path: value for path, (value,) in documents[0]["misc"]["vals"].items()}
        layers, width = 1 + int(found["layers"]), int(found["width"])
        return found | {"layers": layers, "width": width, "act": OPTIONS[found["act"]]}

    def tell(self, config, loss):
        document = self.trials.trials[-1]
        document["state"] = JOB_STATE_DONE
        document["result"] = {"status": STATUS_OK, "loss": loss}
        self.trials.refresh()


LOOPS = {"hyperopt": Native}
