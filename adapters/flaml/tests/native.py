"""FLAML's own searchers, for tests/benchmarks/adapter_overhead.py."""

import functools
import logging

import optuna
from flaml import tune
from flaml.tune.searcher.blendsearch import CFO, BlendSearch
from flaml.tune.searcher.suggestion import OptunaSearch
from flaml.tune.space import define_by_run_func

optuna.logging.set_verbosity(optuna.logging.WARNING)
logging.getLogger("flaml").setLevel(logging.WARNING)


PATHS = ("lr", "momentum", "dropout", "layers", "width", "act")


def space():
    """Return the space, with names that Optuna sorts as they stand."""
    return {
        "x0": tune.loguniform(1e-5, 1e-1),
        "x1": tune.uniform(0, 1),
        "x2": tune.uniform(0, 0.8),
        "x3": tune.randint(1, 9),
        "x4": tune.lograndint(16, 1025),
        "x5": tune.choice(["relu", "tanh", "gelu"]),
    }


class Cfo:
    """The local search."""

    def __init__(self, problem):
        self.searcher, self.number = self.made(problem), 0

    def made(self, problem):
        return CFO("loss", "min", space(), {}, seed=problem.seed("flaml"), cost_attr=None)

    def ask(self):
        self.found = None
        while self.found is None:  # it has tried that
            self.number += 1
            self.found = self.searcher.suggest(str(self.number))
        return {path: self.found[f"x{number}"] for number, path in enumerate(PATHS)}

    def tell(self, config, loss):
        result = {"loss": loss, "cost": 1, "config": self.found}
        self.searcher.on_trial_complete(str(self.number), result)


class Blend(Cfo):
    """The local searches with TPE beside them."""

    def made(self, problem):
        sampled = functools.partial(define_by_run_func, space=space())
        sampler = OptunaSearch(sampled, "loss", "min", seed=problem.seed("flaml-global"))
        sampler.space = space()
        options = {"global_search_alg": sampler, "seed": problem.seed("flaml")}
        return BlendSearch("loss", "min", space(), {}, cost_attr="cost", **options)

    def tell(self, config, loss):
        """Have the global search hear of its first trial too.

        FLAML leaves that out; but then it would take another way than in the adapter, on which it
        is asked more often or less, and that is where the time goes.
        """
        super().tell(config, loss)
        search, key = self.searcher._gs, str(self.number)
        if key in search._ot_trials and key not in search._completed_trials:
            search.on_trial_complete(key, {"loss": loss, "cost": 1, "config": self.found})


LOOPS = {"blendsearch": Blend, "cfo": Cfo}
