"""`tunesmith run`: what it runs, what it prints, how it ends."""

import json
import shlex
import subprocess
import sys

import pytest

import tunesmith as tune
from tunesmith._cli import main
from tunesmith._run.results import load

BASE = ("--metric", "loss", "--mode", "min", "--executor", "inline", "--num-samples", 2)
X = ("--param", "x=uniform(0, 0.5)")

SPEC = """
trainable = "cli_code:train"
metric = "loss"
mode = "min"
num_samples = 2
executor = "inline"
name = "spec"
seed = 3

[space]
x = {uniform = [0.0, 0.5]}
width = {choice = [8, 16]}
"""


@pytest.fixture
def spec(folder):
    """An experiment in a file."""
    path = folder / "experiment.toml"
    path.write_text(SPEC, encoding="utf-8")
    return path


def test_a_file_is_run(tunesmith, spec):
    """TARGET experiment.toml runs what the file says, with progress and a summary."""
    done = tunesmith("run", spec)
    assert done.code == main.OK
    assert "best loss=" in done.out
    results = load("runs/spec")
    assert (results.state, len(results), results.header.seed) == ("completed", 2, 3)


def test_options_take_precedence_over_the_file(tunesmith, spec):
    """What the command line says counts; a parameter replaces the file's of that name."""
    options = ("--num-samples", 3, "--name", "other", "--storage", "elsewhere", "--seed", 9)
    done = tunesmith("run", spec, *options, "--param", "x=uniform(2, 3)", "-q")
    assert (done.code, done.out.count("best"), done.err) == (main.OK, 0, "")
    results = load("elsewhere/other")
    assert (len(results), results.header.seed) == (3, 9)
    assert all(2 <= trial.config["x"] <= 3 and "width" in trial.config for trial in results)


def test_training_code_is_run(tunesmith):
    """TARGET module:function, found in the working folder, runs over --param parameters."""
    done = tunesmith("run", "cli_code:train", *X, *BASE, "--name", "a")
    assert done.code == main.OK
    header = load("runs/a").header
    assert (header.trainable, header.importable) == ("cli_code:train", True)


def test_training_code_in_a_file_is_run(tunesmith):
    """TARGET path/to/file.py:function works too."""
    assert tunesmith("run", "./cli_code.py:train", *X, *BASE, "-q").code == main.OK


def test_an_experiment_made_in_python_is_run(tunesmith):
    """TARGET module:experiment runs that object; options and single settings change it."""
    assert tunesmith("run", "cli_code:experiment").code == main.OK
    changed = ("--name", "b", "--num-samples", 1, "--set", "stop.training_iteration=2")
    assert tunesmith("run", "cli_code:experiment", *changed).code == main.OK
    assert [trial.iterations for trial in load("runs/endless")] == [4, 4]
    assert [trial.iterations for trial in load("runs/b")] == [2]


def test_nested_and_conditional_parameters(tunesmith):
    """A dot leads into a table; dicts within choice are conditional; constants are constants."""
    done = tunesmith(
        *("run", "cli_code:train", *X, *BASE, "--name", "c", "-q"),
        *("--param", "model.width=randint(8, 9)", "--param", "model.name='mlp'"),
        *("--param", "optimizer=choice([{'name': 'sgd', 'momentum': tune.uniform(-1, 0)}])"),
    )
    assert done.code == main.OK, done.err
    config = load("runs/c")[0].config
    assert config["model"] == {"width": 8, "name": "mlp"}
    assert -1 <= config["optimizer"]["momentum"] <= 0


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("space.json", '{"x": {"uniform": [0, 0.5]}, "y": 3}'),
        ("space.toml", "x = {uniform = [0, 0.5]}\ny = 3"),
    ],
)
def test_the_space_may_be_a_file(tunesmith, folder, name, text):
    """--space reads TOML or JSON."""
    (folder / name).write_text(text, encoding="utf-8")
    done = tunesmith("run", "cli_code:train", "--space", name, *BASE, "--name", "s", "-q")
    assert done.code == main.OK, done.err
    assert load("runs/s")[0].config["y"] == 3


def test_the_space_of_an_experiment_is_a_space(tunesmith, spec):
    """Given a whole experiment's file, --space takes the space that it has."""
    done = tunesmith("run", "cli_code:train", "--space", spec.name, *BASE, "--name", "s", "-q")
    assert done.code == main.OK, done.err
    assert set(load("runs/s").best.config) == {"x", "width"}


def test_an_algorithm_s_options_may_be_json(tunesmith):
    """Options are written as in TOML, or as JSON."""
    given = ("--searcher", '{"name": "random"}', "--scheduler", '{name = "fifo"}')
    done = tunesmith("run", "cli_code:train", *X, *BASE, *given, "--name", "j", "-q")
    assert done.code == main.OK, done.err
    assert load("runs/j").header.searcher == {"name": "random"}


def test_settings_reach_every_option(tunesmith):
    """--set takes any option as in TOML, and options of algorithms that were given by name."""
    done = tunesmith(
        *("run", "cli_code:train", *X, *BASE, "--name", "d", "-q", "--scheduler", "fifo"),
        *("--set", "executor.slots=2", "--set", "failure={fail_fast=true}", "--set", "seed=5"),
        *("--searcher", "{name='random', partial='ignore'}"),
    )
    assert done.code == main.OK, done.err
    header = load("runs/d").header
    assert (header.executor, header.seed) == ({"name": "inline", "slots": 2}, 5)
    assert header.searcher == {"name": "random", "partial": "ignore"}


def test_json_is_all_there_is_on_standard_output(tunesmith):
    """With --json the result alone is on stdout, what trials print included in what is not."""
    done = tunesmith("run", "cli_code:train", *X, *BASE, "--name", "j", "--json")
    assert done.code == main.OK
    told = json.loads(done.out)
    assert (told["status"], told["error"], told["counts"]) == ("completed", "", {"completed": 2})
    assert told["path"].endswith("runs/j")
    assert set(told["best"]["config"]) == {"x"}
    assert "epoch 0" in done.err
    assert "best loss=" in done.err


def test_closed_outputs_fail_nothing(folder):
    """Started with standard output closed, as services may be, a command runs all the same."""
    command = [sys.executable, "-m", "tunesmith", "run", "cli_code:train", "--seed", "1"]
    command += ["--param", "x=uniform(0, 0.5)", "--metric", "loss", "--mode", "min"]
    command += ["--num-samples", "2", "--executor", "inline", "--name", "closed"]
    for extra in (["--json"], ["--storage", "others"]):
        script = ["sh", "-c", f"{shlex.join([*command, *extra])} >&-"]
        told = subprocess.run(script, check=False, capture_output=True, text=True)
        assert told.returncode == 0, told.stderr
    assert len(tune.load("runs/closed")) == len(tune.load("others/closed")) == 2


def test_a_script_s_run_is_resumed_by_naming_its_code(tunesmith):
    """A run whose training code has no import path says how the command line gets one."""
    options = {"metric": "loss", "mode": "min", "executor": "inline", "verbose": 0, "name": "here"}
    tune.run(lambda config: config["x"], {"x": tune.uniform(0, 1)}, num_samples=1, **options)
    done = tunesmith("resume", "runs/here", "--num-samples", 2)
    assert done.code == main.USAGE
    assert "on the command line --trainable my_module:train, or path/to/file.py:train" in done.err
    again = ("--num-samples", 2, "--trainable", "cli_code:train", "-q")
    assert tunesmith("resume", "runs/here", *again).code == main.OK


def test_a_failed_run_has_code_1(tunesmith):
    """A run that fails says why on stderr, exits with 1, and still prints its result."""
    done = tunesmith("run", "cli_code:wrong", *X, *BASE, "--num-samples", 9, "-q", "--json")
    assert done.code == main.FAILED
    told = json.loads(done.out)
    assert (told["status"], told["counts"]) == ("failed", {"failed": 5})
    assert "did you mean 'los'?" in told["error"]
    assert told["error"] in done.err


def test_a_run_without_a_single_value_has_code_1(tunesmith):
    """A run that ends by itself, but without any value, is no success either."""
    done = tunesmith("run", "cli_code:wrong", *X, *BASE, "--name", "w", "-q")
    assert done.code == main.FAILED
    assert "no trial reported a finite 'loss'" in done.err
    assert load("runs/w").state == "completed"


def test_an_interrupted_run_has_code_130(tunesmith):
    """A run that Ctrl-C ended exits with 130; its result is printed all the same."""
    done = tunesmith("run", "cli_code:interrupted", *X, *BASE, "-q", "--json")
    assert done.code == main.INTERRUPTED
    told = json.loads(done.out)
    assert (told["status"], told["trials"]) == ("stopped", 1)


MISTAKES = {
    ("nowhere.toml",): "cannot read 'nowhere.toml' (No such file or directory); give the path",
    ("cli_code",): "'cli_code' is no experiment file and no import path; write experiment.toml, ",
    ("cli_code:trian", *X): "'cli_code' has no 'trian': did you mean 'train'?",
    ("cli_code:train",): "needs a space: describe each parameter as in --param 'lr=loguniform(",
    ("cli_code:train", "--param", "lr"): "--param 'lr': expected name=domain, as in --param",
    ("cli_code:train", "--param", "lr=unifrom(0, 1)"): "'unifrom'; did you mean 'uniform'?",
    ("cli_code:train", "--param", "lr=uniform(0"): "'uniform(0' cannot be read; write it as in",
    ("cli_code:train", "--param", "lr=uniform(0, 2*3)"): "'2 * 3' is computed; write numbers",
    ("cli_code:train", "--param", "lr=open('x')"): "there is no domain 'open'; there are uniform",
    ("cli_code:train", "--param", "lr=uniform(1)"): "missing 1 required positional argument",
    ("cli_code:train", "--param", "lr=uniform(2, 1)"): "uniform(2, 1): low must not be above",
    ("cli_code:train", "--param", "a=relu"): "relu is no value; write a string in quotes: 'relu'",
    ("cli_code:train", "--param", "a=1", "--param", "a.b=2"): "'a' is 1 already; name one or",
    ("cli_code:train", "--param", "a=sample_from('x')"): "sample_from needs a function; define",
    ("cli_code:train", *X, *BASE, "--set", "sed=1"): "has no option 'sed'; did you mean 'seed'?",
    ("cli_code:train", *X, *BASE, "--set", "seed"): "--set 'seed': expected option=value, such",
    ("cli_code:train", *X, *BASE, "--set", "metric.a=1"): "metric is 'loss', which has no options",
    ("cli_code:train", *X, *BASE, "--num-samples", "0"): "num_samples=0 is no number of trials",
    ("cli_code:train", *X, "--num-samples", "1"): "metric=None: name what the training code",
    ("cli_code:train", "--space", "none.json"): "cannot read --space 'none.json' (No such file",
    ("cli_code:train", "--space", "none.toml"): "cannot read --space 'none.toml' (No such file",
    ("cli_code:train", "--param", "a=1", "--param", "a=2"): "'a=1' and 'a=2': a is given twice",
    ("cli_code:train", *X, *BASE, "--searcher", '{"name":'): "is neither TOML nor JSON (Expecting",
    ("cli_code.py",): "'cli_code.py' is Python: name what in it to run, as in cli_code.py:train",
    ("cli_code:experiment", *X): "a space of its own, which --space and --param do not change",
}


@pytest.mark.parametrize(("arguments", "message"), MISTAKES.items(), ids=range(len(MISTAKES)))
def test_mistakes_have_code_2(tunesmith, arguments, message):
    """What cannot be run is one message with its fix, nothing on stdout, and no run."""
    done = tunesmith("run", *arguments)
    assert done.code == main.USAGE
    assert message in done.err
    assert done.err.count("\n") == 1
    assert (done.out, "Traceback" in done.err) == ("", False)


def test_limits_are_given_and_shown(tunesmith, spec):
    """--outcome-constraint, or the file's key, limits what is best; `show` and tables say so."""
    limits = ("--outcome-constraint", "loss <= 0.5", "--outcome-constraint", "time_total_s <= 9")
    tunesmith("run", "cli_code:train", *X, *BASE, *limits, "--name", "limited", "-q")
    assert "within loss <= 0.5 and time_total_s <= 9" in tunesmith("show", "runs/limited").out
    assert "time_total_s" in tunesmith("trials", "runs/limited").out.splitlines()[0]
    spec.write_text(f'outcome_constraints = "loss <= 0.9"\n{SPEC}', encoding="utf-8")
    assert tunesmith("run", spec, "-q").code == main.OK
    shown = json.loads(tunesmith("show", "runs/spec", "--json").out)
    assert shown["outcome_constraints"] == ["loss <= 0.9"]
