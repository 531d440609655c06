"""Any searcher with any scheduler: what is installed, paired each with each."""

import contextlib
import itertools
import json
from pathlib import Path

import pytest

import tunesmith as tune
from tunesmith._journal.reader import Reader
from tunesmith._run.redecision import redecide
from tunesmith.plugins import Demands, check_capabilities, compatibility, default_registry
from tunesmith.space import parse_space

EPOCHS = 9
TRIALS = 12
OVER = {"completed", "stopped", "failed"}

NUMBERS = {"x": tune.uniform(-1, 1), "lr": tune.loguniform(1e-4, 1), "n": tune.randint(1, 9)}
EVERYTHING = {**NUMBERS, "act": tune.choice(["relu", "tanh", "gelu"])}
GRID = {"x": tune.ordinal([-0.5, 0.25, 0.5]), "n": tune.ordinal([1, 2, 3, 4])}

SCHEDULERS = {
    "asha": {"max_resource": EPOCHS},
    "dehb": {"max_resource": EPOCHS},
    "hyperband": {"max_resource": EPOCHS},
    "median-stopping": {"grace_period": 2, "min_samples": 3},
    "pasha": {"max_resource": EPOCHS},
    "pb2": {"interval": 3},
    "pbt": {"interval": 3},
}
"""Options that make a scheduler act within a dozen short trials."""

SEARCHERS = {
    "ax": {"initialization_budget": 10},
    "bayesopt": {"n_random": 300, "n_smart": 0, "n_restarts_optimizer": 0},
    "smac": {"challengers": 100, "local_search_iterations": 2, "model_options": {"n_trees": 5}},
    "turbo": {"n_initial": 6, "n_training_steps": 5},
}
"""Options with which a searcher's model is cheap, but there before the last trial."""

LASTING = {"asha": {"mode": "promotion"}}
"""A second form of a scheduler, worth a row of its own."""


class Learner:
    """Learns for nine epochs; can be saved."""

    def setup(self, config):
        self.config, self.epoch, self.clock = config, 0, 0.0

    def step(self):
        if self.epoch == EPOCHS:
            return None
        self.epoch, self.clock = self.epoch + 1, self.clock + 1 + self.config["n"] / 10
        loss = self.config["x"] ** 2 + self.config["n"] / 20 + 1 / self.epoch
        return {"loss": loss, "elapsed_s": self.clock}

    def save_checkpoint(self, directory):
        Path(directory, "state").write_text(json.dumps([self.epoch, self.clock]))

    def load_checkpoint(self, directory):
        self.epoch, self.clock = json.loads(Path(directory, "state").read_text())


class Forgetful:
    """Cannot be saved."""

    def setup(self, config):
        self.x = config["x"]

    def step(self):
        return {"loss": self.x, "size": -self.x, "done": True}


def forms(name):
    """Return the settings under which a scheduler is tried."""
    settings = {"name": name, **SCHEDULERS.get(name, {})}
    return [settings, *([{**settings, **LASTING[name]}] if name in LASTING else [])]


def pairs():
    """Yield all pairs; most of those with a slow searcher are for the slow suite."""
    registry = default_registry()
    searchers = [one.spec for one in registry.installed("searcher")]
    schedulers = [form for one in registry.installed("scheduler") for form in forms(one.spec.name)]
    for searcher, scheduler in itertools.product(searchers, schedulers):
        label = f"{searcher.name}-{scheduler['name']}{'-' + scheduler.get('mode', '')}".rstrip("-")
        is_late = searcher.pace == "slow" and scheduler["name"] not in ("asha", "pbt")
        marks = [pytest.mark.slow] if is_late or "mode" in scheduler else []
        marks.append(pytest.mark.timeout(300))
        options = {"name": searcher.name, **SEARCHERS.get(searcher.name, {})}
        yield pytest.param(options, scheduler, id=label, marks=marks)


def space_for(searcher):
    """Return the richest of our spaces that the searcher takes."""
    if searcher == "grid":
        return GRID
    registry = default_registry()
    spec, fifo = registry.searcher(searcher), registry.scheduler("fifo")
    try:
        check_capabilities(spec, fifo, Demands(parse_space(EVERYTHING)), registry)
    except tune.UsageError:
        return NUMBERS
    return EVERYTHING


@pytest.fixture
def run(tmp_path):
    """Run a dozen trials on three simulated workers."""

    def run(space, name, **options):
        settings = {"metric": "loss", "mode": "min", "num_samples": TRIALS, "seed": 4}
        settings |= {"executor": {"name": "simulated", "workers": 3}, "verbose": 0}
        return tune.run(Learner, space, storage=tmp_path, name=name, **(settings | options))

    return run


@pytest.mark.parametrize(("searcher", "scheduler"), list(pairs()))
def test_every_pair_runs_to_its_end(run, searcher, scheduler):
    """All trials come to an end, and the journal alone leads to the same decisions again."""
    space, options = space_for(searcher["name"]), {}
    if scheduler["name"] == "pbt-replay":
        population = run(space, "population", scheduler={"name": "pbt", "interval": 3})
        first = population.best.lineage[0].config
        scheduler = {**scheduler, "path": str(population.path)}
        options = {"points_to_evaluate": [first], "num_samples": 1}
    results = run(space, "pair", searcher=searcher, scheduler=scheduler, **options)
    assert results.state == "completed"
    assert len(results) == options.get("num_samples", TRIALS)
    assert {trial.status for trial in results} <= OVER
    assert not results.errors
    with contextlib.closing(Reader(results.path)) as reader:
        assert all(one.agrees for one in redecide(reader, default_registry()))


def test_compat_says_that_all_of_these_work():
    """What `tunesmith compat` tells is what was run here."""
    assert [cell for cell in compatibility(default_registry()) if not cell.works] == []


@pytest.mark.parametrize("searcher", ["random", "optuna"])
@pytest.mark.parametrize(
    ("scheduler", "metric", "gap"),
    [("pbt", "loss", "checkpoint"), ("hyperband", ["loss", "size"], "objective")],
)
def test_what_a_pair_cannot_do_is_said_at_once(searcher, scheduler, metric, gap, tmp_path):
    """A capability gap is a message before the first trial, never a hang."""
    with pytest.raises(tune.UsageError, match=gap):
        tune.run(
            Forgetful,
            NUMBERS,
            metric=metric,
            mode="min" if metric == "loss" else ["min", "min"],
            searcher=searcher,
            scheduler=scheduler,
            num_samples=2,
            executor="inline",
            storage=tmp_path,
        )
    assert list(tmp_path.iterdir()) == []
