"""Dragonfly's own ask and tell, for tests/benchmarks/adapter_overhead.py."""

import math
import random
from argparse import Namespace

import numpy as np
from dragonfly import load_config
from dragonfly.exd.experiment_caller import CPFunctionCaller
from dragonfly.opt.gp_bandit import CPGPBandit, get_all_cp_gp_bandit_args
from dragonfly.utils.option_handler import load_options

OPTIONS = ["relu", "tanh", "gelu"]
LR = math.log(1e-5), math.log(1e-1)
WIDTH = math.log(15.5), math.log(1024.5)
DOMAIN = [
    {"name": "lr", "type": "float", "min": LR[0], "max": LR[1]},
    {"name": "momentum", "type": "float", "min": 0.0, "max": 1.0},
    {"name": "dropout", "type": "float", "min": 0.0, "max": 0.8},
    {"name": "layers", "type": "int", "min": 1, "max": 8},
    {"name": "width", "type": "float", "min": WIDTH[0], "max": WIDTH[1]},
    {"name": "act", "type": "discrete", "items": OPTIONS},
]
PATHS = [entry["name"] for entry in DOMAIN]


class Native:
    """The bandit, which fits its model to all that is known when it is made.

    It does not fit it again by itself while it is asked and told; the adapter does after 17 trials.
    """

    trials, steps, repeats = 30, 6, 1

    def __init__(self, problem):
        random.seed(problem.seed("dragonfly"))
        np.random.seed(problem.seed("dragonfly"))  # noqa: NPY002  (what it draws from)
        self.known, self.bandit = [], None

    def learn(self, config, loss):
        self.known.append(([config[path] for path in PATHS], -loss))

    def made(self):
        config = load_config({"domain": [dict(entry) for entry in DOMAIN]})
        caller = CPFunctionCaller(None, config.domain, domain_orderings=config.domain_orderings)
        processed = caller.get_processed_domain_point_from_raw
        before = [Namespace(point=processed(point), val=value) for point, value in self.known]
        options = load_options(
            get_all_cp_gp_bandit_args(),
            partial_options={"prev_evaluations": Namespace(qinfos=before)},
        )
        bandit = CPGPBandit(caller, ask_tell_mode=True, options=options)
        bandit.initialise()
        return bandit

    def ask(self):
        self.bandit = self.bandit or self.made()
        self.point = self.bandit.ask()
        return dict(zip(PATHS, self.point, strict=True))

    def tell(self, config, loss):
        self.bandit.tell([(self.point, -loss)])


LOOPS = {"dragonfly": Native}
