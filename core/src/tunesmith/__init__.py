"""tunesmith: hyperparameter tuning with any searcher, any scheduler, and runs that survive.

    import tunesmith as tune

    space = {"lr": tune.loguniform(1e-4, 1e-1)}
    results = tune.run(train, space, metric="loss", mode="min", num_samples=20)

Names are imported when they are first used: `import tunesmith` itself is quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tunesmith._builtin.stoppers import (
        CombinedStopper,
        ExperimentPlateauStopper,
        FunctionStopper,
        MaximumIterationStopper,
        TimeoutStopper,
        TrialPlateauStopper,
    )
    from tunesmith._run.api import resume, run
    from tunesmith._run.configs import CheckpointConfig, FailureConfig
    from tunesmith._run.experiment import Experiment
    from tunesmith._run.forecast import Forecast
    from tunesmith._run.results import Results, load
    from tunesmith._trainable.parameters import with_parameters
    from tunesmith._trainable.reporting import (
        get_checkpoint,
        get_context,
        report,
        should_checkpoint,
    )
    from tunesmith._trainable.session import Report
    from tunesmith.errors import PluginError, TrialError, TunesmithError, UsageError
    from tunesmith.protocols.resources import Resources
    from tunesmith.space import (
        choice,
        grid_search,
        lograndint,
        loguniform,
        ordinal,
        qlograndint,
        qloguniform,
        qrandint,
        qrandn,
        quniform,
        randint,
        randn,
        sample_from,
        uniform,
    )

_HOMES = {
    "_builtin.stoppers": (
        "CombinedStopper",
        "ExperimentPlateauStopper",
        "FunctionStopper",
        "MaximumIterationStopper",
        "TimeoutStopper",
        "TrialPlateauStopper",
    ),
    "_run.api": ("resume", "run"),
    "_run.configs": ("CheckpointConfig", "FailureConfig"),
    "_run.experiment": ("Experiment",),
    "_run.forecast": ("Forecast",),
    "_run.results": ("Results", "load"),
    "_trainable.parameters": ("with_parameters",),
    "_trainable.reporting": ("get_checkpoint", "get_context", "report", "should_checkpoint"),
    "_trainable.session": ("Report",),
    "errors": ("PluginError", "TrialError", "TunesmithError", "UsageError"),
    "protocols.resources": ("Resources",),
    "space": (
        "choice",
        "grid_search",
        "lograndint",
        "loguniform",
        "ordinal",
        "qlograndint",
        "qloguniform",
        "qrandint",
        "qrandn",
        "quniform",
        "randint",
        "randn",
        "sample_from",
        "uniform",
    ),
}

_HOME_OF = {name: f"tunesmith.{home}" for home, names in _HOMES.items() for name in names}

__version__ = "0.1.0"

__all__ = [
    "CheckpointConfig",
    "CombinedStopper",
    "Experiment",
    "ExperimentPlateauStopper",
    "FailureConfig",
    "Forecast",
    "FunctionStopper",
    "MaximumIterationStopper",
    "PluginError",
    "Report",
    "Resources",
    "Results",
    "TimeoutStopper",
    "TrialError",
    "TrialPlateauStopper",
    "TunesmithError",
    "UsageError",
    "choice",
    "get_checkpoint",
    "get_context",
    "grid_search",
    "load",
    "lograndint",
    "loguniform",
    "ordinal",
    "qlograndint",
    "qloguniform",
    "qrandint",
    "qrandn",
    "quniform",
    "randint",
    "randn",
    "report",
    "resume",
    "run",
    "sample_from",
    "should_checkpoint",
    "uniform",
    "with_parameters",
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'tunesmith' has no attribute {name!r}{_hint(name)}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def _hint(name: str) -> str:
    """Return what is meant by a name that other libraries have, or by a misspelt one."""
    if name.startswith("_"):
        return ""
    migration = importlib.import_module("tunesmith._run.migration")
    algorithm = importlib.import_module("tunesmith.plugins.elsewhere").choice_of(name)
    return str(algorithm or migration.hint(name, __all__, migration.FUNCTIONS))


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
