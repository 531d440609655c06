"""SMAC's own ask and tell, for tests/benchmarks/adapter_overhead.py."""

import tempfile
from pathlib import Path

from ConfigSpace import (
    Categorical,
    Configuration,
    ConfigurationSpace,
    UniformFloatHyperparameter,
    UniformIntegerHyperparameter,
)
from smac import HyperparameterOptimizationFacade as Facade
from smac import Scenario
from smac.runhistory import TrialInfo, TrialValue

PARAMETERS = [
    UniformFloatHyperparameter("lr", 1e-5, 1e-1, log=True),
    UniformFloatHyperparameter("momentum", 0.0, 1.0),
    UniformFloatHyperparameter("dropout", 0.0, 0.8),
    UniformIntegerHyperparameter("layers", 1, 8),
    UniformIntegerHyperparameter("width", 16, 1024, log=True),
    Categorical("act", ["relu", "tanh", "gelu"]),
]


class Native:
    """The facade; it saves nothing, and its initial points are few beside what it is told of."""

    steps, repeats = 16, 3  # the model is fitted once for 8 of them

    def __init__(self, problem):
        self.space = ConfigurationSpace()
        self.space.add(PARAMETERS)
        self.folder = tempfile.TemporaryDirectory()
        scenario = Scenario(
            self.space,
            deterministic=True,
            n_trials=10 * problem.num_samples,
            seed=1,
            output_directory=Path(self.folder.name),
        )
        design = Facade.get_initial_design(scenario, n_configs=1)
        self.facade = Facade(
            scenario, lambda config, seed=0: 0.0, initial_design=design, logging_level=False
        )
        self.ask()
        self.tell({}, 1.0)

    def learn(self, config, loss):
        info = TrialInfo(Configuration(self.space, values=config), seed=0)
        self.facade.tell(info, TrialValue(cost=loss), save=False)

    def ask(self):
        self.info = self.facade.ask()
        return dict(self.info.config)

    def tell(self, config, loss):
        self.facade.tell(self.info, TrialValue(cost=loss), save=False)


LOOPS = {"smac": Native}
