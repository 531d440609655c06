"""Mistakes that people make, and what they are told before anything runs."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from tunesmith._run.api import run
from tunesmith._run.configs import CheckpointConfig, FailureConfig
from tunesmith._run.experiment import Experiment
from tunesmith._run.record import options_of
from tunesmith._trainable.session import Report
from tunesmith.errors import UsageError
from tunesmith.protocols import Resources
from tunesmith.space import choice, grid_search, uniform

SPACE = {"lr": uniform(0.0, 1.0), "act": choice(["relu", "tanh"])}
MISSING = object()


def train(config: dict[str, Any]) -> float:
    return float(config["lr"])


class Misspelt:
    def on_trial_results(self, trial: object, result: object) -> None: ...


class FromElsewhere:
    def on_trial_complete(self, trial: object) -> None: ...


class Deaf:
    def __repr__(self) -> str:
        return "<Deaf>"


class Stopper:
    def __call__(self, trial_id: str, metrics: object) -> bool:
        return False

    def stop_all(self) -> bool:
        return False


def make(trainable: Any = train, space: Any = SPACE, **options: Any) -> Experiment:
    given = {"metric": "loss", "mode": "min", "num_samples": 4, **options}
    kept = {name: value for name, value in given.items() if value is not MISSING}
    return Experiment.create(trainable, space, **kept)


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "space is a list": (
        {"space": ["lr"]},
        (
            "space must be a dict of parameters, got ['lr']; "
            "write space={'lr': tune.loguniform(1e-4, 1e-1)}"
        ),
    ),
    "metric left out": (
        {"metric": MISSING},
        "metric=None: name what the training code reports, as in metric='loss', mode='min'",
    ),
    "metric is no text": (
        {"metric": ["loss", 3], "mode": ["min", "max"]},
        "metric=['loss', 3]: 3 is no name; write it as text, as in 'loss'",
    ),
    "metric twice": (
        {"metric": ["loss", "loss"], "mode": ["min", "max"]},
        "metric=['loss', 'loss'] names 'loss' twice; name each objective once",
    ),
    "mode left out": (
        {"mode": MISSING},
        "mode is missing: write mode='min' to minimise 'loss', mode='max' to maximise it",
    ),
    "mode misspelt": (
        {"mode": "maximise"},
        "mode='maximise': 'maximise' is no direction; did you mean 'max'?",
    ),
    "mode unknown": (
        {"mode": "up"},
        "mode='up': 'up' is no direction; write 'min' or 'max'",
    ),
    "one mode for two metrics": (
        {"metric": ["loss", "size"], "mode": "min"},
        (
            "metric=['loss', 'size'] has 2 objectives and mode='min' has 1 direction; "
            "write mode=['min', 'min']"
        ),
    ),
    "two modes for one metric": (
        {"mode": ["min", "max"]},
        (
            "metric=['loss'] has 1 objective and mode=['min', 'max'] has 2 directions; "
            "write mode='min' or mode='max'"
        ),
    ),
    "option misspelt": (
        {"num_sample": 3},
        "tune.run() has no option 'num_sample'; did you mean 'num_samples'?",
    ),
    "option of another library": (
        {"search_alg": "optuna"},
        "tune.run() has no option 'search_alg'; did you mean 'searcher'?",
    ),
    "option of nobody": (
        {"zebra": 1},
        (
            "tune.run() has no option 'zebra'; it has trainable, space, metric, mode, searcher, "
            "scheduler, num_samples, stop, time_budget_s, max_concurrent, resources, resource, "
            "executor, storage, name, seed, callbacks, checkpoint, failure, points_to_evaluate, "
            "warm_start, constraint, outcome_constraints, verbose"
        ),
    ),
    "no trials": (
        {"num_samples": 0},
        "num_samples=0 is no number of trials; give a whole number from 1 on",
    ),
    "negative trials": (
        {"num_samples": -3},
        "num_samples=-3 is no number of trials; give a whole number from 1 on",
    ),
    "trials without end": (
        {"num_samples": -1},
        (
            "num_samples=-1 is no number of trials; write num_samples=None, and time_budget_s= "
            "or stop= for the end"
        ),
    ),
    "trials as a float": (
        {"num_samples": 10.0},
        "num_samples=10.0 is no number of trials; write num_samples=10",
    ),
    "trials as True": (
        {"num_samples": True},
        "num_samples=True is no number of trials; give a whole number from 1 on",
    ),
    "nothing ends it": (
        {"num_samples": None},
        (
            "nothing ends this experiment: searcher='random' never runs out; "
            "give num_samples=, time_budget_s=, or a stopper of the experiment as stop="
        ),
    ),
    "a limit of trials ends no experiment": (
        {"num_samples": None, "stop": {"training_iteration": 3}},
        (
            "nothing ends this experiment: searcher='random' never runs out; "
            "give num_samples=, time_budget_s=, or a stopper of the experiment as stop="
        ),
    ),
    "no time": (
        {"time_budget_s": 0},
        "time_budget_s=0: expected seconds, more than 0; for an hour write 3600",
    ),
    "time as text": (
        {"time_budget_s": "1h"},
        "time_budget_s='1h': expected seconds, more than 0; for an hour write 3600",
    ),
    "nothing at once": (
        {"max_concurrent": 0},
        "max_concurrent=0: expected a whole number from 1 on, or None for as many trials as fit",
    ),
    "resources in the plural": (
        {"resources": {"cpus": 1}},
        "resources={'cpus': 1}: unknown 'cpus'; did you mean 'cpu'?",
    ),
    "resources in capitals": (
        {"resources": {"cpu": 1, "GPU": 1}},
        "resources={'cpu': 1, 'GPU': 1}: unknown 'GPU'; did you mean 'gpu'?",
    ),
    "negative resources": (
        {"resources": {"gpu": -1}},
        "resources={'gpu': -1}: -1 is no amount of 'gpu'; give a number from 0 on",
    ),
    "resources as a number": (
        {"resources": 4},
        (
            "resources=4: expected amounts by name, as in {'cpu': 1, 'gpu': 0.5}, "
            "or a list of such bundles"
        ),
    ),
    "an empty bundle": (
        {"resources": [{"cpu": 1}, {}]},
        (
            "resources=[{'cpu': 1}, {}]: expected amounts by name, as in {'cpu': 1, 'gpu': 0.5}, "
            "or a list of such bundles"
        ),
    ),
    "strategy misspelt": (
        {"resources": Resources(strategy="STRICT_PAK")},  # type: ignore[arg-type]
        (
            "strategy='STRICT_PAK': expected one of PACK, SPREAD, STRICT_PACK, STRICT_SPREAD; "
            "did you mean 'STRICT_PACK'?"
        ),
    ),
    "resource is no name": (
        {"resource": 27},
        (
            "resource=27: expected the name of a metric that grows as a trial trains, "
            "such as 'training_iteration'"
        ),
    ),
    "stop without a number": (
        {"stop": {"training_iteration": "10"}},
        "stop: 'training_iteration' has the threshold '10'; expected a number",
    ),
    "stop as a number": (
        {"stop": 10},
        (
            "stop=10 is not possible; expected {metric: threshold}, a function of "
            "(trial_id, metrics), a stopper, or a list of these"
        ),
    ),
    "stopper not made": (
        {"stop": Stopper},
        "stop=Stopper is a class; write stop=Stopper(...)",
    ),
    "callback alone": (
        {"callbacks": Deaf()},
        "callbacks=<Deaf>: expected a list; write callbacks=[...]",
    ),
    "callback not made": (
        {"callbacks": [Misspelt]},
        "callbacks: Misspelt is a class; write Misspelt()",
    ),
    "hook misspelt": (
        {"callbacks": [Misspelt()]},
        "callbacks: Misspelt.on_trial_results would never be called; did you mean 'on_result'?",
    ),
    "hook of another library": (
        {"callbacks": [FromElsewhere()]},
        (
            "callbacks: FromElsewhere.on_trial_complete would never be called; "
            "did you mean 'on_trial_end'?"
        ),
    ),
    "callback without hooks": (
        {"callbacks": [Deaf()]},
        (
            "callbacks: <Deaf> has none of the methods on_experiment_start, on_trial_start, "
            "on_result, on_checkpoint, on_trial_end, on_experiment_end; "
            "give it one, or leave it out"
        ),
    ),
    "callback options without a name": (
        {"callbacks": [{"project": "x"}]},
        "callbacks: {'project': 'x'} has no name; write {'name': ..., **options}",
    ),
    "storage elsewhere": (
        {"storage": "s3://bucket/runs"},
        (
            "storage='s3://bucket/runs' is no local folder; runs are written to a file system, "
            "give a mounted folder such as 'runs'"
        ),
    ),
    "storage is None": (
        {"storage": None},
        "storage=None: expected a folder, such as 'runs'",
    ),
    "name is a path": (
        {"name": "today/run 1"},
        (
            "name='today/run 1' cannot name a folder everywhere; write name='today-run-1', "
            "and give the folder around it as storage="
        ),
    ),
    "name too long": (
        {"name": "x" * 70},
        f"name={'x' * 70!r} has 70 characters, at most 64 fit; write name={'x' * 64!r}",
    ),
    "name of a device": (
        {"name": "con"},
        "name='con' is reserved on Windows; write name='run-con'",
    ),
    "name is empty": (
        {"name": ""},
        "name='': expected text such as 'digits-1', or None for a fresh name",
    ),
    "seed as text": (
        {"seed": "42"},
        "seed='42': expected a whole number, or None to have one drawn",
    ),
    "seed as True": (
        {"seed": True},
        "seed=True: expected a whole number, or None to have one drawn",
    ),
    "one point alone": (
        {"points_to_evaluate": {"lr": 0.1, "act": "relu"}},
        (
            "points_to_evaluate={'lr': 0.1, 'act': 'relu'}: expected a list of configurations; "
            "write points_to_evaluate=[{...}]"
        ),
    ),
    "point outside the space": (
        {"points_to_evaluate": [{"lr": 0.1, "act": "relu"}, {"lr": 5.0, "act": "relu"}]},
        "points_to_evaluate[1]: 'lr' is 5.0, expected a number from 0.0 to 1.0",
    ),
    "point is no dict": (
        {"points_to_evaluate": [0.1]},
        "points_to_evaluate[0]: configuration is 0.1, expected a dict with the keys lr, act",
    ),
    "constraint is no function": (
        {"constraint": "a < b"},
        (
            "constraint='a < b' cannot be called; give a function of a config that returns True "
            "where it may be tried, as in lambda c: c['a'] < c['b']"
        ),
    ),
    "limit is a function": (
        {"outcome_constraints": [abs]},
        (
            "outcome_constraints: <built-in function abs> is a function; those of a config go into "
            "constraint=, and limits on what trials report are written like 'latency_ms <= 100'"
        ),
    ),
    "limit is a table": (
        {"outcome_constraints": {"latency_ms": 100}},
        ("outcome_constraints: {'latency_ms': 100} is no text; write it like 'latency_ms <= 100'"),
    ),
    "limit without a number": (
        {"outcome_constraints": "latency_ms <= fast"},
        (
            "outcome_constraints: 'latency_ms <= fast' does not compare a metric with a number; "
            "write a finite number after <="
        ),
    ),
    "limit without a metric": (
        {"outcome_constraints": "<= 100"},
        (
            "outcome_constraints: '<= 100' does not compare a metric with a number; "
            "write a metric before <="
        ),
    ),
    "limit the wrong way round": (
        {"outcome_constraints": "100 >= latency_ms"},
        (
            "outcome_constraints: '100 >= latency_ms' does not compare a metric with a number; "
            "write the metric first: 'latency_ms <= 100'"
        ),
    ),
    "strict limit": (
        {"outcome_constraints": "latency_ms<100"},
        "outcome_constraints: 'latency_ms<100': '<' is no limit; write 'latency_ms <= 100'",
    ),
    "limit on equality": (
        {"outcome_constraints": "layers == 3"},
        (
            "outcome_constraints: 'layers == 3': '==' is no limit; that a number is met exactly "
            "cannot be asked for; use <= or >="
        ),
    ),
    "limit that compares nothing": (
        {"outcome_constraints": "latency_ms"},
        "outcome_constraints: 'latency_ms' compares nothing; write it like 'latency_ms <= 100'",
    ),
    "limit twice": (
        {"outcome_constraints": ["size <= 3", "size <= 4"]},
        ("outcome_constraints=['size <= 3', 'size <= 4'] limits 'size' by <= twice; leave one out"),
    ),
    "verbose too high": (
        {"verbose": 3},
        "verbose=3: expected 0 (nothing), 1 (one table) or 2 (a line per change)",
    ),
    "checkpoint as a dict": (
        {"checkpoint": {"keep": 3}},
        "checkpoint={'keep': 3}: write checkpoint=tune.CheckpointConfig(keep=3)",
    ),
    "failure as a number": (
        {"failure": 3},
        "failure=3: write failure=tune.FailureConfig(...)",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_is_answered_with_its_fix(mistake: str) -> None:
    """Each mistake raises before anything runs, quoting the value and telling what to write."""
    options, message = MISTAKES[mistake]
    with pytest.raises(UsageError) as caught:
        make(**options)
    assert str(caught.value) == message
    assert message.count("\n") < 3


CONFIG_MISTAKES: dict[str, tuple[Callable[[], object], str]] = {
    "retries by another name": (
        lambda: FailureConfig(max_failures=3),  # type: ignore[call-arg]
        "tune.FailureConfig() has no option 'max_failures'; did you mean 'max_retries'?",
    ),
    "a misspelt option": (
        lambda: FailureConfig(failfast=True),  # type: ignore[call-arg]
        "tune.FailureConfig() has no option 'failfast'; did you mean 'fail_fast'?",
    ),
    "checkpoints by another name": (
        lambda: CheckpointConfig(num_to_keep=1),  # type: ignore[call-arg]
        "tune.CheckpointConfig() has no option 'num_to_keep'; did you mean 'keep'?",
    ),
    "an option nobody knows": (
        lambda: CheckpointConfig(zzz=1),  # type: ignore[call-arg]
        "tune.CheckpointConfig() has no option 'zzz'; it has every, at_end, keep, budget",
    ),
    "a value without a name": (
        lambda: CheckpointConfig(3),  # type: ignore[misc]
        (
            "tune.CheckpointConfig(): 3 is for which option? Give it by name; it has every, "
            "at_end, keep, budget"
        ),
    ),
    "a metric instead of metrics": (
        lambda: Report(loss=0.1),  # type: ignore[call-arg]
        "tune.Report() has no option 'loss'; it has metrics, checkpoint",
    ),
    "retries for ever": (
        lambda: FailureConfig(max_retries=-1),
        (
            "max_retries=-1: expected a whole number from 0 on "
            "(to retry without end, give a large number)"
        ),
    ),
    "unknown kind of failure": (
        lambda: FailureConfig(max_retries={"worker_loss": 1}),  # type: ignore[dict-item]
        (
            "max_retries: unknown kind of failure 'worker_loss'; did you mean 'worker_lost'?\n"
            "kinds: user_error, oom, worker_lost, node_lost, preempted, timeout"
        ),
    ),
    "half a retry": (
        lambda: FailureConfig(max_retries={"oom": 0.5}),  # type: ignore[dict-item]
        "max_retries['oom']=0.5: expected a whole number from 0 on",
    ),
    "fail_fast is a word": (
        lambda: FailureConfig(fail_fast="raise"),  # type: ignore[arg-type]
        "fail_fast='raise': expected True or False",
    ),
    "stop after none": (
        lambda: FailureConfig(stop_after_identical=0),
        (
            "stop_after_identical=0: expected a whole number from 1 on, "
            "or None to go on whatever happens"
        ),
    ),
    "save every zero reports": (
        lambda: CheckpointConfig(every=0),
        "every=0: expected a whole number of reports from 1 on, or None to save only when asked to",
    ),
    "keep a negative number": (
        lambda: CheckpointConfig(keep=-1),
        "keep=-1: expected the number of ended trials whose checkpoints stay, or None to keep all",
    ),
    "at_end is a number": (
        lambda: CheckpointConfig(at_end=3),  # type: ignore[arg-type]
        "at_end=3: expected True or False",
    ),
    "budget in unknown units": (
        lambda: CheckpointConfig(budget="10 gigs"),
        "budget='10 gigs': expected a number of bytes, or text such as '10GB' or '512MiB'",
    ),
}


@pytest.mark.parametrize("mistake", CONFIG_MISTAKES)
def test_mistake_in_a_config_is_answered_with_its_fix(mistake: str) -> None:
    """Failure and checkpoint options are checked where they are written."""
    call, message = CONFIG_MISTAKES[mistake]
    with pytest.raises(UsageError) as caught:
        call()
    assert str(caught.value) == message


SPACE_LEFT_OUT = "write space={'lr': tune.loguniform(1e-4, 1e-1)}"

CALLS: dict[str, tuple[Callable[..., object], str]] = {
    "nothing to train": (lambda **given: run(None, SPACE, **given), "trainable is None of type"),
    "no space": (lambda **given: run(train, **given), SPACE_LEFT_OUT),
    "space is None": (lambda **given: run(train, None, **given), SPACE_LEFT_OUT),
    "space by another name": (
        lambda **given: run(train, param_space=SPACE, **given),
        "has no option 'param_space'; did you mean 'space'?",
    ),
    "space by an older name": (
        lambda **given: run(train, config=SPACE, **given),
        "has no option 'config'; did you mean 'space'?",
    ),
    "an experiment's space by another name": (
        lambda **given: Experiment.create(train, config=SPACE, **given),
        "has no option 'config'; did you mean 'space'?",
    ),
}


@pytest.mark.parametrize("call", CALLS)
def test_what_is_left_out_or_called_otherwise_is_told(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """tune.run() without its space, or with it by a name from elsewhere, says what to write."""
    monkeypatch.chdir(tmp_path)
    do, message = CALLS[call]
    with pytest.raises(UsageError, match=re.escape(message)):
        do(metric="loss", mode="min", num_samples=1, executor="inline")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("options", [{"grid": grid_search([1, 2])}, {}])
def test_no_point_is_left_untried(options: dict[str, Any]) -> None:
    """More points than trials are refused; a grid's cells come beside the points."""
    points = [{"lr": 0.1 * number, "act": "relu"} for number in range(1, 4)]
    space = {**SPACE, **options}
    if options:
        whole = [{**point, "grid": 1} for point in points]
        assert make(space=space, num_samples=1, points_to_evaluate=whole).points_to_evaluate
        return
    with pytest.raises(UsageError, match="has 3 configurations and num_samples=2 trials are to"):
        make(space=space, num_samples=2, points_to_evaluate=points)
    assert len(make(num_samples=3, points_to_evaluate=points).points_to_evaluate) == 3


def test_numbers_of_numpy_are_numbers() -> None:
    """What NumPy's arrays hold is taken, and kept as Python's own numbers."""
    experiment = make(
        num_samples=np.int64(4),
        max_concurrent=np.int32(2),
        time_budget_s=np.float32(1.5),
        resources={"cpu": np.int64(1), "gpu": np.float32(0.5)},
        failure=FailureConfig(max_retries=np.int64(2), trial_timeout_s=np.float32(4)),
        checkpoint=CheckpointConfig(every=np.int64(3)),
    )
    assert msgspec.json.encode(options_of(experiment))
    assert type(experiment.num_samples) is type(experiment.max_concurrent) is int
    assert experiment.time_budget_s == 1.5
    assert type(experiment.failure.max_retries) is int


RIGHT: dict[str, dict[str, Any]] = {
    "nothing but the needed": {},
    "several objectives": {"metric": ["loss", "size"], "mode": ["min", "max"]},
    "an import path": {"trainable": "pkg.mod:train"},
    "a searcher's options": {"searcher": {"name": "optuna", "sampler": "gp"}},
    "time instead of trials": {"num_samples": None, "time_budget_s": timedelta(hours=1)},
    "a stopper instead of trials": {"num_samples": None, "stop": Stopper()},
    "a searcher that may end": {"num_samples": None, "searcher": "grid"},
    "custom resources": {"resources": {"cpu": 0.5, "tpu": 1, "licence": 2}},
    "bundles": {"resources": [{"cpu": 1}, {"cpu": 2, "gpu": 1}]},
    "stops": {"stop": [{"training_iteration": 3}, Stopper()]},
    "callbacks by name": {"callbacks": ["mlflow", {"name": "mlflow", "project": "x"}]},
    "verbose as a flag": {"verbose": False},
}


@pytest.mark.parametrize("case", RIGHT)
def test_what_is_no_mistake_passes(case: str) -> None:
    """The checks refuse nothing that the documentation shows."""
    assert make(**RIGHT[case]).metric[0] == "loss"
