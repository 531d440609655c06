"""Experiments read from TOML."""

from pathlib import Path

import pytest

from tunesmith._run.configs import CheckpointConfig, FailureConfig
from tunesmith._run.experiment import Experiment
from tunesmith._run.specfile import decode, read
from tunesmith.errors import UsageError
from tunesmith.protocols import Resources
from tunesmith.space import choice, loguniform, parse_space

WHOLE = """
trainable = "digits:train"
metric = ["accuracy", "size"]
mode = ["max", "min"]
scheduler = "asha"
num_samples = 64
seed = 3
callbacks = ["mlflow", {name = "wandb", project = "digits"}]
points_to_evaluate = [{lr = 0.01, act = "relu"}]
constraint = "operator:truth"

[space]
lr = {loguniform = [1e-4, 1e-1]}
act = {choice = ["relu", "tanh"]}

[searcher]
name = "optuna"
sampler = "gp"

[stop]
training_iteration = 27

[resources]
cpu = 1
gpu = 0.5

[checkpoint]
keep = 3
budget = "10GB"

[failure]
max_retries = {oom = 2}
"""

LEAST = """
trainable = "digits:train"
metric = "accuracy"
mode = "max"
num_samples = 64
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "experiment.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_says_what_a_call_says(tmp_path: Path) -> None:
    """Every option can be written in TOML, and means the same as in `tune.run`."""
    from operator import truth

    expected = Experiment.create(
        "digits:train",
        parse_space({"lr": loguniform(1e-4, 1e-1), "act": choice(["relu", "tanh"])}),
        metric=["accuracy", "size"],
        mode=["max", "min"],
        searcher={"name": "optuna", "sampler": "gp"},
        scheduler="asha",
        num_samples=64,
        seed=3,
        stop={"training_iteration": 27},
        resources={"cpu": 1, "gpu": 0.5},
        callbacks=["mlflow", {"name": "wandb", "project": "digits"}],
        checkpoint=CheckpointConfig(keep=3, budget="10GB"),
        failure=FailureConfig(max_retries={"oom": 2}),
        points_to_evaluate=[{"lr": 0.01, "act": "relu"}],
        constraint=truth,
    )
    assert read(write(tmp_path, WHOLE)) == expected


def test_changes_take_precedence(tmp_path: Path) -> None:
    """What a command line adds wins over the file."""
    experiment = read(write(tmp_path, WHOLE), num_samples=3, resources=None)
    assert (experiment.num_samples, experiment.resources) == (3, Resources())


def test_bundles_with_a_strategy_can_be_written() -> None:
    """Placement groups have a written form too."""
    resources = {"bundles": [{"cpu": 1}, {"gpu": 1}], "strategy": "SPREAD"}
    experiment = decode(
        {"trainable": "a:b", "space": {}, "metric": "x", "mode": "min", "num_samples": 1}
        | {"resources": resources}
    )
    assert experiment.resources == Resources(({"cpu": 1.0}, {"gpu": 1.0}), "SPREAD")


MISTAKES = {
    "unknown key": (
        f"{LEAST}serach = 'optuna'\n[space]",
        "PATH has no option 'serach'; did you mean 'searcher'?",
    ),
    "no trainable": (
        "[space]\nlr = 1",
        "PATH has no 'trainable'; add trainable = 'my_module:train'",
    ),
    "no space": (LEAST, "PATH has no 'space'; add a table [space]"),
    "space is no table": (
        f"{LEAST}space = 3",
        (
            "PATH, space: space must be a table of parameters, got 3; "
            "write e.g. lr = {loguniform = [1e-4, 1e-1]}"
        ),
    ),
    "unknown key in a table": (
        f"{LEAST}[space]\n[failure]\nmax_retry = 3",
        "PATH, failure: the table [failure] has no option 'max_retry'; did you mean 'max_retries'?",
    ),
    "a value out of range in a table": (
        f"{LEAST}[space]\n[checkpoint]\nkeep = -1",
        (
            "PATH, checkpoint: keep=-1: expected the number of ended trials whose checkpoints "
            "stay, or None to keep all"
        ),
    ),
    "a config that is no table": (
        f"{LEAST}failure = 3\n[space]",
        "PATH, failure: 3 is no table; write its options one per line below [failure]",
    ),
    "a value out of range": (
        f"{LEAST}verbose = 9\n[space]",
        "PATH: verbose=9: expected 0 (nothing), 1 (one table) or 2 (a line per change)",
    ),
    "constraint that is no path": (
        f"{LEAST}constraint = 'a < b'\n[space]",
        (
            "PATH, constraint: 'a < b' is no import path: expected \"package.module:name\" or "
            '"path/to/file.py:name"'
        ),
    ),
    "constraint that is not there": (
        f"{LEAST}constraint = 'math:feasible'\n[space]",
        "PATH, constraint: 'math:feasible': 'math' has no 'feasible'",
    ),
    "constraint that is a number": (
        f"{LEAST}constraint = 5\n[space]",
        "PATH, constraint: 5 is no import path; write 'my_module:feasible'",
    ),
    "a domain that is text": (
        f"{LEAST}[space]\nlr = 'tune.loguniform(1e-4, 0.1)'",
        (
            "PATH, space: lr = 'tune.loguniform(1e-4, 0.1)' is text, which is no domain; "
            "write lr = {loguniform = [1e-4, 0.1]}"
        ),
    ),
    "a list that is text": (
        f"{LEAST}[space.net]\nact = \"choice(['relu', 'elu'])\"",
        (
            "PATH, space: net.act = \"choice(['relu', 'elu'])\" is text, which is no domain; "
            "write net.act = {choice = ['relu', 'elu']}"
        ),
    ),
    "named limits that are text": (
        f"{LEAST}[space]\nlr = 'uniform(low=0, high=1)'",
        (
            "PATH, space: lr = 'uniform(low=0, high=1)' is text, which is no domain; "
            "write lr = {uniform = {low=0, high=1}}"
        ),
    ),
    "no TOML": (
        "trainable = digits",
        "PATH is no TOML: Invalid value (at line 1, column 13)",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_in_a_file_names_its_place(mistake: str, tmp_path: Path) -> None:
    """The message tells the file, the table, and what to write."""
    text, message = MISTAKES[mistake]
    path = write(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        read(path)
    assert str(caught.value) == message.replace("PATH", repr(str(path)))


def test_text_that_only_looks_like_a_call_stays_text() -> None:
    """What names no domain is a constant as any other."""
    space = {"note": "f(x) = 1", "mark": "uniform", "kind": {"choice": ["uniform(0, 1)", "b"]}}
    options = {"metric": "loss", "mode": "min", "num_samples": 1}
    experiment = decode({"trainable": "math:sqrt", "space": space, **options})
    assert experiment.space.to_dict() == space


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A wrong path is told as such."""
    path = str(tmp_path / "nonesuch.toml")
    with pytest.raises(UsageError) as caught:
        read(path)
    assert str(caught.value) == (
        f"cannot read {path!r} (No such file or directory); give the path of an experiment.toml"
    )


def test_a_binary_file_is_refused(tmp_path: Path) -> None:
    """Something else than text does not end in a traceback."""
    path = tmp_path / "model.bin"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="is no text in UTF-8; give a TOML file"):
        read(path)
