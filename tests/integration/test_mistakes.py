"""Mistakes that show only when something runs, and what people are told.

Each message is compared in full, the training code's own traceback left out: one to three lines
that quote what is wrong and say how to put it right.
"""

import math
import re
import threading
import time
from pathlib import Path

import pytest

import tunesmith as tune
from tunesmith.plugins import Capabilities, SearcherSpec

X = {"x": tune.uniform(0, 1)}
BRANCHES = {"opt": tune.choice([{"name": "sgd", "momentum": tune.uniform(0, 1)}, {"name": "adam"}])}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run an experiment in the test's own folder, quietly."""
    monkeypatch.chdir(tmp_path)

    def start(trainable, space=X, **options):
        given = {
            "metric": "loss",
            "mode": "min",
            "num_samples": 20,
            "executor": "inline",
            "seed": 1,
            "name": "mine",
            "verbose": 0,
            **options,
        }
        return tune.run(trainable, space, **given)

    return start


def plain(error):
    """Return a message without tracebacks."""
    lines, within = [], False
    for line in str(error).splitlines():
        within = line.startswith("Traceback ") or (within and line.startswith(" "))
        if not within:
            lines.append(line)
    assert len(lines) <= 3, error
    return "\n".join(lines)


def good(config):
    for epoch in range(3):
        yield {"loss": config.get("x", 0.0) + epoch, "epoch": epoch + 1}


def silent(config):
    """Trains, and tells nobody."""


def stuck(config):
    for _ in range(3):
        yield {"loss": 1.0, "epoch": 1}


def listed(config):
    yield {"loss": [0.5, 0.25]}


def unplain(config):
    yield {"loss": 0.5, "model": object()}


def broken(config):
    raise FileNotFoundError("data.csv")


def twofold(config):
    tune.report({"loss": 1.0})
    yield {"loss": 1.0}


async def awaited(config):
    return {"loss": 1.0}


def configless():
    return 1.0


class Endless:
    def setup(self, config): ...

    def step(self):
        return {"accuracy": 0.5}


class Narrow:
    """A searcher that takes no conditions."""

    spec = SearcherSpec(
        name="narrow",
        factory="somewhere:Narrow",
        api="1.0",
        capabilities=Capabilities(categorical=True),
    )

    def __init__(self, problem): ...

    def suggest(self, trial_id):
        return {"x": 0.5}

    def observe(self, observation): ...


class Outside(Narrow):
    spec = None

    def suggest(self, trial_id):
        return {"x": 7.0}


class Raising:
    def __init__(self, problem): ...

    def on_result(self, trial, result):
        raise KeyError("rung 3")


class Answering(Raising):
    def on_result(self, trial, result):
        return "stop"


def one_over(config):
    return 1 / (config["x"] - config["x"])


def too_good(trial_id, metrics):
    return metrics["acc"] > 0.9


SAME = "the first 5 trials all failed the same way"
END = "the run is in runs/mine"

# Each: what to run, with which options, the kind of error, and all that is told.
MISTAKES = {
    "metric misspelt": (
        {"trainable": good, "metric": "los"},
        tune.TrialError,
        (
            "tunesmith.errors.TrialError: the first report has no 'los', which metric= names; "
            "did you mean 'loss'? reported were 'loss', 'epoch'\n"
            "name 'loss' in metric=, or report 'los' from the first report on, as None while it is "
            f"not known\n{SAME}; {END}"
        ),
    ),
    "metric never reported": (
        {"trainable": good, "metric": "accuracy"},
        tune.TrialError,
        (
            f"{SAME}: TrialError: training ended and never reported 'accuracy', which metric= "
            "names\n"
            "reported were 'loss', 'epoch'; name one of these in metric=, or report 'accuracy'\n"
            f"{END}"
        ),
    ),
    "metric never reported by endless training": (
        {"trainable": Endless, "stop": {"training_iteration": 3}},
        tune.TrialError,
        (
            f"{SAME}: TrialError: training ended and never reported 'loss', which metric= names\n"
            f"reported were 'accuracy'; name one of these in metric=, or report 'loss'\n{END}"
        ),
    ),
    "nothing reported": (
        {"trainable": silent},
        tune.TrialError,
        (
            f"{SAME}: TrialError: training code returned without reporting: return a number or "
            f'{{"loss": ...}}, yield metrics, or call tune.report({{...}})\n{END}'
        ),
    ),
    "metric is a list": (
        {"trainable": listed},
        tune.TrialError,
        (
            "tunesmith.errors.TrialError: 'loss', which metric= names, was reported as a list of 2 "
            "values: expected one number; report float(...) of it, or its mean\n"
            f"{SAME}; {END}"
        ),
    ),
    "metric is an object": (
        {"trainable": unplain},
        tune.TrialError,
        (
            "tunesmith.errors.TrialError: metric 'model' is of type object: expected a number, "
            "string, boolean, None or a short list of them. Convert it, e.g. with float(...), or "
            f"leave it out\n{SAME}; {END}"
        ),
    ),
    "resource misspelt": (
        {"trainable": good, "resource": "epochs"},
        tune.TrialError,
        (
            "tunesmith.errors.TrialError: the report has no 'epochs', the resource of this "
            "experiment: did you mean 'epoch'? reported were 'loss', 'epoch', "
            "'training_iteration'. Report it every time, or leave out resource='epochs' to count "
            "reports instead\n"
            f"{SAME}; {END}"
        ),
    ),
    "resource does not grow": (
        {"trainable": stuck, "resource": "epoch"},
        tune.TrialError,
        (
            "tunesmith.errors.TrialError: resource 'epoch' must increase from report to report: "
            "got 1 after 1. A trial that was continued from a checkpoint counts on from there: "
            f"read tune.get_checkpoint() before training\n{SAME}; {END}"
        ),
    ),
    "training code fails": (
        {"trainable": broken},
        tune.TrialError,
        f"FileNotFoundError: data.csv\n{SAME}; {END}",
    ),
    "reports in two ways": (
        {"trainable": twofold},
        tune.TrialError,
        (
            "tunesmith.errors.UsageError: tune.report() was called by training code that reports "
            "in another way: yield the metrics where it is a generator, return them from step() "
            f"where it is a class\n{SAME}; {END}"
        ),
    ),
    "training code is asynchronous": (
        {"trainable": awaited},
        tune.UsageError,
        (
            "trainable awaited() is asynchronous (async def): expected an ordinary function. Wrap "
            "it: def train(config): return asyncio.run(...)"
        ),
    ),
    "training code takes no config": (
        {"trainable": configless},
        tune.UsageError,
        (
            "trainable configless() takes no config: expected one argument, the trial's "
            "configuration. Write def configless(config)"
        ),
    ),
    "module does not exist": (
        {"trainable": "nowhere.at_all:train"},
        tune.UsageError,
        (
            "trainable 'nowhere.at_all:train': there is no module 'nowhere'. Install it, run from "
            "the "
            'folder that holds it, or name a file: "path/to/file.py:name"'
        ),
    ),
    "function does not exist": (
        {"trainable": "math:sine"},
        tune.UsageError,
        "trainable 'math:sine': 'math' has no 'sine': did you mean 'sin'?",
    ),
    "option of a scheduler misspelt": (
        {"trainable": good, "scheduler": {"name": "asha", "max_resorce": 27}},
        tune.UsageError,
        (
            "scheduler 'asha' has no option 'max_resorce'; did you mean 'max_resource'? its "
            "options: brackets, grace_period, max_resource, mode, reduction_factor"
        ),
    ),
    "searcher cannot do conditions": (
        {"trainable": good, "space": BRANCHES, "searcher": Narrow},
        tune.UsageError,
        (
            r"searcher 'narrow' cannot take this space: 'opt\[sgd\]/momentum' exists only where "
            r"'opt' is 'sgd', but the searcher takes no conditional parameters; use one that does, "
            r"or lossy=True to show it always and ignore it elsewhere; searchers that can: "
            r".*'random'.*"
        ),
    ),
    "scheduler cannot do two objectives": (
        {
            "trainable": good,
            "metric": ["loss", "size"],
            "mode": ["min", "min"],
            "scheduler": "hyperband",
        },
        tune.UsageError,
        (
            r"scheduler 'hyperband' takes one objective, but this experiment has 2 \(loss, size\); "
            r"schedulers that can: .*'fifo'.*"
        ),
    ),
    "constraint rejects everything": (
        {"trainable": good, "constraint": lambda config: config["x"] > 1},
        tune.UsageError,
        (
            r"1000 suggestions in a row broke the constraint, the last: \{'x': 0\.\d+\}; widen "
            rf"constraint=, or build the limit into the space\n{END}"
        ),
    ),
    "constraint fails": (
        {"trainable": good, "constraint": lambda config: config["y"] > 1},
        tune.UsageError,
        (
            r"constraint= raised on \{'x': 0\.\d+\}: KeyError: 'y'; it has to take every "
            r"configuration of the space"
        ),
    ),
    "computed parameter fails": (
        {"trainable": good, "space": {**X, "y": tune.sample_from(one_over)}},
        tune.UsageError,
        r"sample_from of 'y' raised ZeroDivisionError: .* for \{'x': 0\.\d+\}",
    ),
    "stop criterion fails": (
        {"trainable": good, "stop": too_good},
        tune.UsageError,
        (
            "stop criterion too_good failed on trial 0001, which reported 'loss', 'epoch', "
            f"'training_iteration', 'time_total_s', 'timestamp': KeyError: 'acc'\n{END}"
        ),
    ),
    "scheduler fails": (
        {"trainable": good, "scheduler": Raising},
        tune.PluginError,
        f"scheduler 'Raising' failed in on_result(): KeyError: 'rung 3'\n{END}",
    ),
    "scheduler answers nonsense": (
        {"trainable": good, "scheduler": Answering},
        tune.PluginError,
        (
            "scheduler 'Answering' answered 'stop' to on_result(); expected Continue, Stop, Pause, "
            f"Fork or Reallocate\n{END}"
        ),
    ),
    "searcher leaves its space": (
        {"trainable": good, "searcher": Outside},
        tune.PluginError,
        (
            "searcher 'Outside' suggested something outside its space: 'x' is 7.0, expected a "
            f"number from 0.0 to 1.0\n{END}"
        ),
    ),
}


@pytest.mark.parametrize(("mistake", "kind", "message"), MISTAKES.values(), ids=list(MISTAKES))
def test_a_mistake_is_told_with_its_fix(run, mistake, kind, message):
    """A run that cannot go well ends soon, with one error that says what to do."""
    with pytest.raises(kind) as told:
        run(**mistake)
    text = plain(told.value)
    assert text == message or re.fullmatch(message, text), text


def test_a_failing_scheduler_shows_where(run):
    """The exception behind a scheduler's failure is chained, for whoever writes one."""
    with pytest.raises(tune.PluginError) as told:
        run(good, scheduler=Raising)
    assert isinstance(told.value.__cause__, KeyError)
    assert told.value.__cause__.__traceback__ is not None


def test_misspelt_algorithms_are_told_before_anything_is_made(run, tmp_path):
    """A searcher that nobody provides is answered with the closest and with what is installed."""
    with pytest.raises(tune.UsageError) as told:
        run(good, searcher="optunna")
    pattern = r"unknown searcher 'optunna'; did you mean 'optuna'\? installed: .*random.*"
    assert re.fullmatch(pattern, str(told.value))
    assert not (tmp_path / "runs").exists()


def test_telemetry_without_the_metric_is_no_mistake(run):
    """Reports may come without the metric, as long as some carry it."""

    def chatty(config):
        for step in range(6):
            yield {"loss": config["x"]} if step % 3 == 2 else {"lr": 0.1}

    results = run(chatty, num_samples=2)
    assert results.counts == {"completed": 2}
    assert [len(trial.history) for trial in results] == [6, 6]
    assert results.best.value == results.best.config["x"]


def test_nan_is_never_best(run):
    """A trial that diverges completes; only if all do, asking for the best is an error."""

    def diverging(config):
        yield {"loss": math.nan if config["x"] < 0.5 else config["x"]}

    points = [{"x": 0.1}, {"x": 0.9}, {"x": 0.7}]
    results = run(diverging, points_to_evaluate=points, num_samples=3)
    assert results.counts == {"completed": 3}
    assert results.best.config["x"] == 0.7
    results = run(diverging, points_to_evaluate=[{"x": 0.1}], num_samples=1, name="all")
    with pytest.raises(tune.UsageError) as told:
        _ = results.best
    assert str(told.value) == (
        "no trial reported a finite 'loss' (1 completed): every value was NaN, infinite or None; "
        "look at .history"
    )


def test_a_failing_callback_harms_nobody(run, capsys):
    """It is told of once, with its traceback, is not called again, and the run completes."""

    class Clumsy:
        calls = 0

        def on_result(self, trial, result):
            Clumsy.calls += 1
            raise ValueError("oops")

    results = run(good, callbacks=[Clumsy()], num_samples=2, verbose=1)
    assert results.counts == {"completed": 2}
    told = capsys.readouterr().out
    assert told.count("oops") == 2  # in the line that raises, and in the message
    assert (
        "warning: callback Clumsy failed in on_result and is not called again; the run goes on\n"
    ) in told
    assert Clumsy.calls == 1


def test_an_existing_run_is_left_alone(run, tmp_path):
    """A name that is taken is refused before anything runs; the run that has it stays."""
    run(good, num_samples=1)
    with pytest.raises(tune.UsageError) as told:
        run(broken)
    first, fix = str(told.value).splitlines()
    assert first == "run 'mine' exists already in 'runs'"
    assert fix.endswith("give this one another name=")
    assert tune.load("runs/mine").counts == {"completed": 1}


def test_storage_that_cannot_be_written(run, tmp_path):
    """A file in the way and a file system that takes nothing are told apart, before any trial."""
    (tmp_path / "file").touch()
    with pytest.raises(tune.UsageError) as told:
        run(good, storage="file/runs")
    assert str(told.value) == (
        "storage='file/runs' is a file or lies below one; give a folder, such as storage='runs'"
    )
    if not Path("/proc/self").exists():
        return  # a system without a folder that refuses even its administrator
    with pytest.raises(tune.UsageError) as told:
        run(good, storage="/proc/runs")
    assert re.fullmatch(
        r"storage='/proc/runs' is not writable \(.*\); give a folder you may write to, such as "
        r"storage='~/runs'",
        str(told.value),
    )


@pytest.mark.parametrize("intact", [0, 4096])
def test_a_damaged_journal_is_told_with_a_way_out(run, intact):
    """A journal that is no database, or is one in part, is named, with how to salvage it."""
    results = run(good, num_samples=1)
    file = results.path / "experiment.sqlite"
    results.close()
    data = file.read_bytes()
    file.write_bytes(data[:intact] + b"\xff" * (len(data) - intact))
    with pytest.raises(tune.UsageError) as told:
        _ = tune.load("runs/mine").best
    assert re.fullmatch(
        r"the journal '.*/runs/mine/experiment\.sqlite' is damaged \(.*\); restore the run folder "
        r"from a copy, or salvage what is left: sqlite3 experiment\.sqlite \.recover \| sqlite3 "
        r"rescued\.sqlite",
        str(told.value),
    )


def test_what_cannot_be_sent_to_workers_is_named(run, running_ray):
    """On Ray, a captured object that cannot be pickled is named, before a trial starts."""
    lock = threading.Lock()

    def train(config):
        with lock:
            return config["x"]

    with pytest.raises(tune.UsageError) as told:
        run(train, executor="ray")
    assert str(told.value) == (
        "cannot send the training function to Ray workers: variable 'lock' (a _thread.lock) "
        "cannot be pickled; create it inside the function or use executor='inline'"
    )


def test_a_request_that_never_fits_shows_the_arithmetic(run, running_ray):
    """A running Ray is not waited for: arithmetic tells at once that no node is large enough."""
    began = time.monotonic()
    with pytest.raises(tune.UsageError) as told:
        run(good, executor="ray", resources={"cpu": 1000})
    took = time.monotonic() - began
    assert plain(told.value) == (
        "no trial can ever run: a trial needs {cpu: 1000}; the only node has {cpu: 2}; lower "
        "resources= or add such a node; on a cluster that grows by itself set executor={'name': "
        f"'ray', 'wait_for_resources': 600}}\n{END}"
    )
    assert took < 5.0  # it takes a tenth of a second; a loaded machine is no failure
