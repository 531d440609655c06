"""What people know from other libraries, and what to write here instead.

What stands for a name is another name, where that is all there is to it, or words.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from tunesmith.errors import did_you_mean

_SAYS = "tune.run prints progress by itself; verbose=0, 1 or 2 says how much"
_NAMES = "a run is named with name=, its trials by their numbers; leave it out"
_SAVES = "write checkpoint=tune.CheckpointConfig(every=..., at_end=..., keep=...)"
_FAILS = "write failure=tune.FailureConfig(max_retries=..., fail_fast=...)"
_PLAIN = "it has no counterpart here; leave it out"
_AMOUNT = "write resources={'cpu': 1, 'gpu': 0.5}, what one trial needs"
_FLAT = "its options are options of tune.run itself"
_LENGTH = "write stop={'training_iteration': ...}"

OPTIONS: Final[Mapping[str, str]] = {
    "checkpoint_at_end": _SAVES,
    "checkpoint_config": "checkpoint",
    "checkpoint_freq": _SAVES,
    "checkpoint_score_attr": "the best are kept by metric= and mode=; leave it out",
    "config": "space",
    "constraints": "constraint",
    "constraints_func": "outcome_constraints",
    "outcome_constraint": "outcome_constraints",
    "cpus": _AMOUNT,
    "direction": "mode",
    "directions": "mode",
    "epochs": _LENGTH,
    "evaluated_rewards": "warm_start",
    "export_formats": _PLAIN,
    "fail_fast": _FAILS,
    "failure_config": "failure",
    "func": "trainable",
    "gpus": _AMOUNT,
    "grace_period": "scheduler",
    "keep_checkpoints_num": _SAVES,
    "load_if_exists": "go on with a run by tune.resume(path)",
    "local_dir": "storage",
    "log_to_file": "what a trial prints is in its folder anyway; leave it out",
    "max_concurrent_trials": "max_concurrent",
    "max_epochs": _LENGTH,
    "max_evals": "num_samples",
    "max_failures": _FAILS,
    "max_retries": _FAILS,
    "max_t": "stop",
    "max_trials": "num_samples",
    "n_iter": "num_samples",
    "n_jobs": "max_concurrent",
    "n_startup_trials": "searcher",
    "n_trials": "num_samples",
    "num_cpus": _AMOUNT,
    "num_gpus": _AMOUNT,
    "num_trials": "num_samples",
    "objective": "metric",
    "param_space": "space",
    "perturbation_interval": "scheduler",
    "progress_reporter": _SAYS,
    "pruner": "scheduler",
    "raise_on_failed_trial": "look at results.errors; leave it out",
    "random_state": "seed",
    "resources_per_trial": "resources",
    "restore": "go on with a run by tune.resume(path)",
    "resume": "go on with a run by tune.resume(path)",
    "reuse_actors": (
        "workers are reused anyway; leave it out, or write executor={'name': 'ray', 'isolate': "
        "True} for a fresh process each time"
    ),
    "run_config": _FLAT,
    "sampler": "searcher",
    "search_alg": "searcher",
    "search_space": "space",
    "show_progress_bar": _SAYS,
    "storage_path": "storage",
    "study_name": "name",
    "sync_config": "give a folder that all nodes see as storage=; leave it out",
    "timeout": "time_budget_s",
    "trial_dirname_creator": _NAMES,
    "trial_name_creator": _NAMES,
    "trial_timeout_s": "failure",
    "tune_config": _FLAT,
    "workers": "max_concurrent",
}
"""Options of functions like `tune.run`."""

FUNCTIONS: Final[Mapping[str, str]] = {
    "CLIReporter": _SAYS,
    "Callback": "no base class is needed: callbacks=[...] takes any object with hooks",
    "Checkpoint": "write tune.report(metrics, checkpoint=...) with a dict, or a folder's path",
    "JupyterNotebookReporter": _SAYS,
    "PlacementGroupFactory": "write resources=[{'cpu': 1}, {'gpu': 1}], a list of bundles",
    "ResultGrid": "Results",
    "RunConfig": _FLAT,
    "Stopper": "no base class is needed: stop= takes a function of (trial_id, metrics)",
    "Study": "Results",
    "Trainable": "no base class is needed: write a class with setup(self, config) and step(self)",
    "TrialPruned": "a scheduler stops trials: scheduler='asha', and reports on the way",
    "TuneConfig": _FLAT,
    "Tuner": "write tune.run(train, space, metric=..., mode=..., num_samples=...)",
    "create_study": "write tune.run(train, space, metric=..., mode=..., num_samples=...)",
    "fmin": "write tune.run(train, space, metric=..., mode=..., num_samples=...)",
    "register_trainable": "pass the function itself, or its path 'module:function'",
    "schedulers": "name it: scheduler='asha', or {'name': 'asha', 'max_resource': 27}",
    "search": "name it: searcher='optuna', or {'name': 'optuna', 'sampler': 'gp'}",
    "session": "write tune.report(metrics), tune.get_checkpoint(), tune.get_context()",
    "with_resources": "write tune.run(..., resources={'cpu': 1, 'gpu': 0.5})",
}
"""Names that a library like this one has at its top."""

RESULTS: Final[Mapping[str, str]] = {
    "best_checkpoint": "write results.best.checkpoint",
    "best_config": "write results.best.config",
    "best_params": "write results.best.config",
    "best_result": "write results.best.metrics",
    "best_trial": "best",
    "best_trials": "pareto",
    "best_value": "write results.best.value",
    "df": "dataframe",
    "experiment_path": "path",
    "get_best_config": "write results.best.config",
    "get_best_result": "write results.best",
    "get_best_trial": "write results.best",
    "get_dataframe": "dataframe",
    "get_trials": "trials",
    "num_errors": "write len(results.errors)",
    "num_terminated": "counts",
    "results_df": "dataframe",
    "trials_dataframe": "dataframe",
}
"""Attributes of the results of a run."""

TRIAL: Final[Mapping[str, str]] = {
    "best_checkpoints": "checkpoints",
    "last_result": "last_metrics",
    "local_path": "path",
    "logdir": "path",
    "metrics_dataframe": "write pandas.DataFrame(trial.history)",
    "number": "id",
    "params": "config",
    "state": "status",
    "trial_id": "id",
    "values": "value",
}
"""Attributes of one trial."""


def hint(name: str, there: Collection[str], elsewhere: Mapping[str, str]) -> str:
    """Return what to write in place of a name that is not `there`; empty if nobody knows."""
    known = elsewhere.get(name)
    if known is None:
        return did_you_mean(name, there)
    return f"; did you mean {known!r}?" if known in there else f"; {known}"


def absent(thing: Any, name: str, elsewhere: Mapping[str, str]) -> AttributeError:
    """Return the error about an attribute that an object does not have."""
    kind = type(thing)
    if hasattr(kind, name):  # there is one, and it is what failed
        object.__getattribute__(thing, name)
    said = "" if name.startswith("_") else hint(name, _public(dir(kind)), elsewhere)
    return AttributeError(f"{kind.__name__!r} object has no attribute {name!r}{said}")


def _public(names: Iterable[str]) -> list[str]:
    return [name for name in names if not name.startswith("_")]
